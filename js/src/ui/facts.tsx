/** Labels and texts, one below the other; those without a text are left out. */
export function Facts({ pairs }: { pairs: readonly (readonly (string | null | undefined)[])[] }) {
  const known = pairs.filter(([, text]) => text);
  return (
    known[0] && (
      <dl class="facts">
        {known.map(([label, text]) => (
          <>
            <dt class="dim">{label}</dt>
            <dd>{text}</dd>
          </>
        ))}
      </dl>
    )
  );
}
