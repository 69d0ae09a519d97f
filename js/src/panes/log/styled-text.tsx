import type { Piece } from "../../state/log-rows";

/** Text in the colours of terminals, and with what a search found in it. */
export const Pieces = ({ pieces }: { pieces: Piece[] }) =>
  pieces.map(([text, style]) =>
    style ? (
      <span class={style} style={style.replace(/([fb])g-(bright-)?(\w+)/g, "--$1:var(--$3);")}>
        {text}
      </span>
    ) : (
      text
    ),
  );
