import { Component } from "preact";
import { ERASED_USER } from "../protocol/names";
import { Avatar } from "./avatar";
import { ClockIcon } from "./icons";
import type { Message } from "./message";
import { MessageText } from "./message-text";
import { Reactions } from "./reactions";
import { text, times } from "./reader";
import type { RoomStore } from "./room-store";
import { RowTools } from "./row-tools";

type RowProps = { readonly message: Message; readonly isHead: boolean; readonly store: RoomStore };

/** One message. It is drawn again only if it changed: a log of hundreds gets a new one many times a second. */
export class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    return next.message !== this.props.message || next.isHead !== this.props.isHead;
  }

  override render({ message, isHead, store }: RowProps) {
    const authorId = `author-${message.key}`;
    const timeId = `time-${message.key}`;
    const author = message.from === ERASED_USER ? text.erasedUser : message.name;
    return (
      <article
        class={`row ${isHead ? "head" : "continuation"}${message.isMine ? " mine" : ""}`}
        tabIndex={-1}
        aria-labelledby={`${authorId} ${timeId}`}
        data-state={message.delivery.kind}
        data-key={message.key}
      >
        {isHead && <Avatar userId={message.from} name={author} picture={message.avatar} />}
        <div class={isHead ? "byline" : "byline quiet"}>
          <bdi id={authorId} class={isHead ? "author" : "unseen"}>
            {author}
          </bdi>
          {isHead && message.isMine && <span class="tag">{text.you}</span>}
          <time id={timeId} dateTime={new Date(message.time).toISOString()} title={times.full(message.time)}>
            {times.clock(message.time)}
          </time>
        </div>
        {message.isDeleted ? <p class="tombstone">{text.deleted}</p> : <Words message={message} />}
        <Reactions message={message} store={store} />
        <DeliveryLine message={message} store={store} />
        <RowTools message={message} store={store} />
      </article>
    );
  }
}

function Words({ message }: { readonly message: Message }) {
  return (
    <>
      <MessageText message={message.text} />
      {message.edited !== undefined && (
        <span class="edited" title={times.full(message.edited)}>
          {text.edited}
        </span>
      )}
    </>
  );
}

/** How far an own message has come. Nothing once it is sent: that is what everybody expects. */
function DeliveryLine({ message, store }: Omit<RowProps, "isHead">) {
  switch (message.delivery.kind) {
    case "sent":
      return null;
    case "sending": {
      const isWaiting = store.connection.value.kind !== "online";
      return (
        <p class={isWaiting ? "delivery" : "delivery late"}>
          <ClockIcon /> {isWaiting ? text.waiting : text.sending}
        </p>
      );
    }
    case "uncertain":
      return (
        <p class="delivery problem" role="alert">
          {text.uncertain}{" "}
          <button type="button" class="link-button" onClick={() => store.sendAnew(message)}>
            {text.sendAgain}
          </button>
          <DiscardButton message={message} store={store} />
        </p>
      );
    case "refused":
      return (
        <p class="delivery problem" role="alert">
          {text.refused(message.delivery.reason)} <DiscardButton message={message} store={store} />
        </p>
      );
  }
}

function DiscardButton({ message, store }: Omit<RowProps, "isHead">) {
  return (
    <button type="button" class="link-button" onClick={() => store.discard(message)}>
      {text.discard}
    </button>
  );
}
