import type { BrandFinding, BrandForm } from "../../kernel/wire";
import type { App } from "../../state/app";
import { isActive } from "../../state/selectors";
import { Button, Chips } from "../../ui/button";
import type { Child, Ref } from "../../ui/dom";
import { BRAND, CHECK, CROSS, WARNING } from "../../ui/icons";
import { Popover } from "../../ui/popover";
import { FieldEntry } from "./fields";
import { fieldPath, ofBrand, revealField } from "./reveal";
import { createSavedBrands } from "./saved";
import { brandOf, brandText, withValue } from "./values";

/** The pause in typing after which the brand is checked. */
const CHECK_MS = 300;
/** The space around the dialog in the console's height, in pixels. */
const AROUND_PX = 60;

/** The button of the brand, and its dialog: the same draft as a form and as JSON. */
export function createBrand(app: App): () => Child {
  const { view, operations, connection } = app;
  let form: (BrandForm & { worker: string }) | null = null;
  let asJson = false;
  /** A check was asked for: required fields without a value are errors. */
  let asked = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** A brand that another took the place of at once, and that one. */
  let replaced = { before: "", by: "" };
  const saved = createSavedBrands(app, replace, locked);

  function locked(): string {
    return connection.off || (isActive(app.run.state.run) ? "A run is in progress" : "");
  }

  function write(brand: string): void {
    operations.clearError("run.start");
    view.set({ brand });
    clearTimeout(timer);
    timer = setTimeout(check, CHECK_MS);
  }

  function replace(by: string): void {
    replaced = { before: view.brand, by };
    asked = false;
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
    revealField(fields, fieldPath(view.brandField));
    view.brandField = "";
  };

  function show(json: boolean): void {
    asJson = json;
    app.painting.changed();
  }

  function Sheet({ found }: { found: readonly BrandFinding[] }) {
    const { brand, checked } = view;
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
              asked = true;
              check();
            }}
          />
        </footer>
      </div>
    );
  }

  return () => {
    const { brand, checked } = view;
    const values = brandOf(brand);
    const company = values?.company_name;
    const unknown = app.run.state.form.brand_unknown && "unknown";
    const refused = operations.errors["run.start"]?.problems.filter(ofBrand) ?? [];
    const found: BrandFinding[] =
      checked && (checked.brand === brand || (!refused.length && view.panel === "brand"))
        ? checked.report.findings.filter(({ tone }) => tone !== "missing" || asked || refused.length)
        : refused.map(({ field, message }) => ({ tone: "error", path: fieldPath(field), message }));
    const flawed = !values || found.some(({ tone }) => tone !== "warning");
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
            <span class={company ? "sr" : "grow"}>Brand</span>
            {company ? (
              <span class="cut grow">{`${company}`}</span>
            ) : (
              <i class={`tag ${!brand && unknown ? "warning" : ""}`}>{brand ? "set" : unknown || "none"}</i>
            )}
          </>
        }
        tip={flawed ? "The brand has a problem" : "Edit the brand"}
      >
        {() => <Sheet found={found} />}
      </Popover>
    );
  };
}
