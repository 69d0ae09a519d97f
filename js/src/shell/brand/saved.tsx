import type { App } from "../../state/app";
import { Button } from "../../ui/button";
import type { Child } from "../../ui/dom";
import { brandOf } from "./json";

/** The key of everything about saved brands: one request at a time, and one error. */
const SAVED = "brand.saved";

/** The brands saved on this computer: a list to choose from, and a name to save the brand in the form under. */
export function createSavedBrands(
  { view, operations, connection, painting: { changed } }: App,
  use: (brand: string) => void,
  locked: () => string,
): { load: () => void; Bar: () => Child } {
  let names: readonly string[] = [];
  /** The name in the field, `undefined` for the name of the company. */
  let typed: string | undefined;
  /** The deletion waits for a second click. */
  let leaving = false;

  function update(request: "names" | "save" | "delete", args: object): void {
    leaving = false;
    operations.attempt(SAVED, async () => {
      names = (await operations.request(`brand.${request}`, args as never)).result.names;
    });
  }

  function choose(name: string): void {
    operations.attempt(SAVED, async () => {
      use((await operations.request("brand.load", { name })).result.brand);
      typed = name;
    });
  }

  function Bar(): Child {
    const { brand } = view;
    const values = brandOf(brand);
    const name = (typed ?? `${values?.company_name ?? ""}`).trim();
    const isSaved = names.includes(name);
    return (
      <>
        <div class="saved row">
          <select
            class="field"
            aria-label="Saved brands"
            value=""
            disabled={!!locked() || !names.length}
            onchange={(event) => choose(event.currentTarget.value)}
          >
            {["", ...names].map((each) => (
              <option key={each} value={each}>
                {each || (names.length ? "Use a saved brand…" : "No saved brand")}
              </option>
            ))}
          </select>
          <input
            type="text"
            class="field"
            aria-label="Name of the saved brand"
            placeholder="Save under a name"
            value={typed ?? name}
            oninput={(event) => {
              typed = event.currentTarget.value;
              leaving = false;
              changed();
            }}
          />
          <Button
            class="button"
            text={isSaved ? "Replace" : "Save"}
            tip="Save the brand for every notebook"
            off={connection.off || (brand && values && name ? "" : "Name the brand first")}
            onclick={() => update("save", { name, brand })}
          />
          <Button
            class={leaving ? "button stop" : "button"}
            text={leaving ? "Really delete" : "Delete"}
            tip="Delete the saved brand"
            off={connection.off || (isSaved ? "" : "It is not saved")}
            onclick={() => {
              if (leaving) return update("delete", { name });
              leaving = true;
              changed();
            }}
          />
        </div>
        <p class="tone error">{operations.failureAt(SAVED)?.message}</p>
      </>
    );
  }

  return { load: () => update("names", {}), Bar };
}
