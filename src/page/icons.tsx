/** The page's pictograms: 24 × 24, drawn with the text's colour, silent for readers of the screen. */

import type { ComponentChildren } from "preact";

function Icon({ children }: { readonly children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      {children}
    </svg>
  );
}

export const SendIcon = () => (
  <Icon>
    <path d="M4.5 12 3.6 4.9c-.1-.9.8-1.6 1.6-1.2l15 7.2c.9.4.9 1.7 0 2.1l-15 7.3c-.8.4-1.7-.3-1.6-1.2L4.5 12Zm0 0H12" />
  </Icon>
);

export const SmileIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="8.75" />
    <path d="M8.5 14.2c.8 1.2 2 1.8 3.5 1.8s2.7-.6 3.5-1.8M9 9.6v.4M15 9.6v.4" />
  </Icon>
);

export const PeopleIcon = () => (
  <Icon>
    <circle cx="9" cy="8.5" r="3.25" />
    <path d="M2.8 19c.5-3.3 2.9-5.2 6.2-5.2s5.7 1.9 6.2 5.2M15.5 5.6a3.25 3.25 0 0 1 0 5.8M17.8 14.4c1.8.8 3 2.4 3.4 4.6" />
  </Icon>
);

export const MenuIcon = () => (
  <Icon>
    <path d="M4 7h16M4 12h16M4 17h16" />
  </Icon>
);

export const CloseIcon = () => (
  <Icon>
    <path d="m6 6 12 12M18 6 6 18" />
  </Icon>
);

export const PencilIcon = () => (
  <Icon>
    <path d="m4 20 .9-4L16.5 4.4a1.5 1.5 0 0 1 2.1 0l1 1a1.5 1.5 0 0 1 0 2.1L8 19.1 4 20Z" />
  </Icon>
);

export const ClockIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 7.5V12l3 2" />
  </Icon>
);

export const DownIcon = () => (
  <Icon>
    <path d="M12 5v14M6 13l6 6 6-6" />
  </Icon>
);

export const MoreIcon = () => (
  <Icon>
    <path d="M5.5 12h.01M12 12h.01M18.5 12h.01" stroke-width="3" />
  </Icon>
);

export const BinIcon = () => (
  <Icon>
    <path d="M5 7h14M10 7V4.5h4V7m3.2 0-.7 12.5H7.5L6.8 7M10.5 11v5M13.5 11v5" />
  </Icon>
);
