import { hueOf, initialsOf } from "./portrait";

type AvatarProps = { readonly userId: string; readonly name: string; readonly picture: string };

/** A picture over drawn initials: if there is none, or it does not load, the initials are there already. */
export function Avatar({ userId, name, picture }: AvatarProps) {
  return (
    <span class={`avatar hue-${hueOf(userId)}`} aria-hidden="true">
      <span>{initialsOf(name)}</span>
      {picture.startsWith("/avatar/") && (
        <img
          key={picture}
          src={picture}
          alt=""
          width={36}
          height={36}
          loading="lazy"
          decoding="async"
          onError={({ currentTarget }) => {
            currentTarget.hidden = true;
          }}
        />
      )}
    </span>
  );
}
