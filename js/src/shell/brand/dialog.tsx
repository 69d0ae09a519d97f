import type { BrandForm } from "../../kernel/wire";
import type { App } from "../../state/app";
import { isActive } from "../../state/selectors";
import { Button, Chips } from "../../ui/button";
import type { Child, Ref } from "../../ui/dom";
import { CHECK, CROSS } from "../../ui/icons";
import { FieldEntry } from "./fields";
import type { Findings } from "./findings";
import { brandOf } from "./json";
import { fieldPath } from "./problems";
import { revealField } from "./reveal";
import { createSavedBrands } from "./saved";
import { brandText, withValue } from "./values";

/** The pause in typing after which the brand is checked. */
const CHECK_MS = 300;
/** The space around the dialog in the console's height, in pixels. */
const AROUND_PX = 60;

/** The dialog of the brand: the same draft as a form and as JSON. */
export function createBrandDialog(app: App, findings: Findings): () => Child {
  const { view, operations, connection } = app;
  let form: (BrandForm & { worker: string }) | null = null;
  let asJson = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** A brand that another took the place of at once, and that one. */
  let replaced = { before: "", by: "" };
  const saved = createSavedBrands(app, replace, locked);

  function locked(): string {
    return connection.off || (isActive(app.run.state) ? "A run is in progress" : "");
  }

  function write(brand: string): void {
    operations.clearError("run.start");
    view.set({ brand });
    clearTimeout(timer);
    timer = setTimeout(check, CHECK_MS);
  }

  function replace(by: string): void {
    replaced = { before: view.brand, by };
    findings.asked = false;
    view.checked = null;
    write(by);
  }

  async function check(): Promise<void> {
    const { brand } = view;
    operations.clearError("brand.check");
    if (locked() || !brand.trim()) return;
    const answer = await operations.act("brand.check", { brand });
    if (answer) view.set({ checked: { brand, report: answer.result } });
    if (answer && view.brand !== brand) check();
  }

  const onOpen: Ref = () => {
    const { worker } = app.run.state.form;
    if (view.checked?.brand !== view.brand) view.checked = null;
    if (connection.off) return;
    saved.load();
    check();
    if (form?.worker === worker) return;
    operations.act("brand.form", { worker }).then((answer) => {
      form = answer && { ...answer.result, worker };
      app.painting.changed();
    });
  };

  const onFields: Ref = (fields) => {
    revealField(fields, fieldPath(view.brandField ?? ""));
    view.brandField = "";
  };

  function show(json: boolean): void {
    asJson = json;
    app.painting.changed();
  }

  return () => {
    const { brand, checked } = view;
    const { found } = findings;
    const values = brandOf(brand);
    const failed = operations.failureAt("brand.form") ?? operations.failureAt("brand.check");
    const json = asJson || !values || (!form && !!(failed || connection.off));
    const canUndo = replaced.before.trim() && replaced.by === brand;
    const editor = {
      brand: values,
      found,
      edit: (path: (string | number)[], value: unknown) =>
        write(brandText(withValue(brandOf(view.brand), path, value))),
    };
    return (
      <div
        class="sheet column"
        style={`height:${Math.min(660, app.appearance.height - AROUND_PX)}px`}
        ref={onOpen}
      >
        <header class="bar row">
          <h3>Brand</h3>
          <Chips
            label="Edit as"
            options={[
              ["fields", "Form"],
              ["text", "JSON"],
            ]}
            isOn={(value) => json === (value === "text")}
            onChoose={(value) => show(value === "text")}
          />
          <span class="grow" />
          <Button
            class="link"
            text="Insert example"
            tip="Insert an example"
            off={locked() || (brand || !form ? "Clear the brand first" : "")}
            onclick={() => form && replace(form.example)}
          />
          <Button
            class="link"
            text={canUndo ? "Undo" : "Clear"}
            tip={canUndo ? "Take back the brand before" : "Remove the brand"}
            off={locked()}
            onclick={() => replace(canUndo ? replaced.before : "")}
          />
          <Button icon={CROSS} tip="Close (Esc)" onclick={() => view.set({ panel: "" })} />
        </header>
        {saved.Bar()}
        {json ? (
          <textarea
            class="field json grow scroll"
            aria-label="Brand as JSON"
            aria-invalid={!values}
            spellcheck={false}
            readOnly={!!locked()}
            value={brand}
            oninput={(event) => write(event.currentTarget.value)}
          />
        ) : (
          form && (
            <fieldset class="entries grow scroll" disabled={!!locked()} ref={onFields}>
              {form.fields.map((field) => (
                <FieldEntry key={field.name} field={field} path={[field.name]} editor={editor} />
              ))}
            </fieldset>
          )
        )}
        <div class="findings scroll">
          {found
            .filter(({ path }) => json || !path)
            .map(({ tone, path, message }) => (
              <p class={`tone ${tone}`}>
                {path && <b>{path} </b>}
                {message}
              </p>
            ))}
        </div>
        <footer class="row">
          <span class="grow" role="status">
            {brand
              ? failed
                ? failed.message
                : checked?.report.summary
              : app.run.state.form.brand_unknown
                ? "This run had a brand that was not recorded: the form has none."
                : "No brand is set."}
          </span>
          <Button
            class="button"
            icon={CHECK}
            text="Check"
            tip="Check the brand"
            busy={operations.busy.has("brand.check")}
            off={locked() || (brand ? "" : "There is no brand")}
            onclick={() => {
              findings.asked = true;
              check();
            }}
          />
        </footer>
      </div>
    );
  };
}
