import type { TextPiece } from "../../state/log-rows";

/** Text with the colours of a terminal, and with the matches of a search. */
export const StyledText = ({ pieces }: { pieces: TextPiece[] }) =>
  pieces.map(([text, style]) =>
    style ? (
      <span class={style} style={style.replace(/([fb])g-(bright-)?(\w+)/g, "--$1:var(--$3);")}>
        {text}
      </span>
    ) : (
      text
    ),
  );
