import type { CheckedBrand, WireProblem } from "../kernel/wire";
import type { Uses } from "../state/app";
import { isActive } from "../state/selectors";
import { Button } from "../ui/button";
import { plural } from "../ui/format";
import { BRAND, CHECK, CROSS, Icon, WARNING } from "../ui/icons";
import { Popover } from "../ui/popover";
import { objectProblem } from "./json-problem";

const EXAMPLE = {
  company_name: "Clearwave",
  mission: "Help small teams make podcasts that people finish",
  value_proposition: "Clearwave turns a raw recording into a published episode in one afternoon",
  tagline: "From recording to released",
  target_audience: ["b2b_smb"],
  tone: { primary: "professional", avoid: ["hype"] },
  forbidden_claims: [{ pattern: "guaranteed", reason: "Nothing is guaranteed" }],
  visual: { primary_color: "#1f4e79", secondary_color: "#e07a3f" },
};

/** The problem is in the brand. */
export const ofBrand = ({ field }: WireProblem): boolean => /^brand\b/.test(field);

/** The syntax problem of the brand's text. An empty text is valid. */
export const brandProblem = (text: string): string => (text.trim() ? objectProblem(text) : "");

const TONES = { error: CROSS, warning: WARNING, ok: CHECK };

interface Finding {
  tone: keyof typeof TONES;
  field?: string;
  message: string;
}

/** All findings on the current text of the brand. Pure. */
export function findings(
  text: string,
  refused: readonly WireProblem[],
  report: CheckedBrand | undefined,
): Finding[] {
  const broken = brandProblem(text);
  if (broken) return [{ tone: "error", message: broken }];
  // A report on this text includes the problems of a refused start.
  const found: Finding[] = (report?.errors ?? refused.filter(ofBrand)).map(({ field, message }) => ({
    tone: "error",
    field: field.replace(/^brand\.?/, ""),
    message,
  }));
  for (const message of report?.warnings ?? []) found.push({ tone: "warning", message });
  if (report?.valid) {
    const { policy_rules_generated: rules, drift_anchors_count: anchors } = report;
    found.push({
      tone: "ok",
      message: `Valid: ${plural(rules, "policy rule")}, ${plural(anchors, "drift anchor")}.`,
    });
  }
  return found;
}

export function BrandButton({ app }: { app: Uses<"view" | "run" | "operations" | "connection"> }) {
  const { view, operations, connection } = app;
  const { errors } = operations;
  const { state } = app.run;
  const { brand } = view;
  const failed = errors["brand.check"];
  const refused = [...(errors["run.start"]?.problems ?? []), ...(failed?.problems ?? [])];
  const report = view.checked?.brand === brand ? view.checked.report : undefined;
  const found = findings(brand, refused, report);
  if (failed && !found.length) found.push({ tone: "error", message: failed.message });
  const flawed = found.some(({ tone }) => tone === "error");
  const set = brand.trim() !== "";
  const locked = connection.offline ? connection.off : isActive(state.run) ? "A run is in progress" : "";

  const edit = (next: string) => {
    operations.clearError("brand.check");
    operations.clearError("run.start");
    view.set({ brand: next });
  };
  const check = async () => {
    const answer = await operations.act("brand.check", { brand });
    if (answer) view.set({ checked: { brand, report: answer.result } });
  };

  return (
    <Popover
      panels={view}
      id="brand"
      role="dialog"
      label="Brand"
      class={`field ${flawed ? "flawed" : ""}`}
      icon={flawed ? WARNING : BRAND}
      text={
        <>
          <span class="grow">Brand</span>
          <i class={`tag ${flawed ? "error" : ""}`}>{flawed ? "check" : set ? "set" : "none"}</i>
        </>
      }
      tip={set ? "Edit the brand" : "No brand is set"}
    >
      {() => (
        <>
          <header class="bar row">
            <h3>Brand</h3>
            <span class="grow" />
            <Button
              class="link"
              text="Insert example"
              tip="Start with an example"
              off={locked || (set ? "Clear the brand first" : "")}
              onclick={() => edit(JSON.stringify(EXAMPLE, null, 2))}
            />
            <Button class="link" text="Clear" tip="Remove the brand" off={locked} onclick={() => edit("")} />
            <Button icon={CROSS} tip="Close (Esc)" onclick={() => view.set({ panel: "" })} />
          </header>
          <textarea
            class="json scroll"
            aria-label="Brand as JSON"
            aria-invalid={flawed}
            spellcheck={false}
            readOnly={!!locked}
            placeholder={'{\n  "company_name": "…",\n  "mission": "…",\n  "value_proposition": "…"\n}'}
            value={brand}
            oninput={(event) => edit(event.currentTarget.value)}
          />
          <div class="findings scroll" role="status">
            {found.map(({ tone, field, message }) => (
              <p class={`row ${tone}`}>
                <span class="tone row">
                  <Icon d={TONES[tone]} />
                </span>
                <span>
                  {field && <b>{field} </b>}
                  {message}
                </span>
              </p>
            ))}
          </div>
          <footer class="row">
            <span class="grow" />
            <Button
              class="button"
              icon={CHECK}
              text="Check"
              tip="Let the worker check the brand"
              busy={operations.busy.has("brand.check")}
              off={connection.off || (set ? brandProblem(brand) : "There is no brand")}
              onclick={check}
            />
          </footer>
        </>
      )}
    </Popover>
  );
}
