import type { App } from "../../state/app";
import { Button } from "../../ui/button";
import type { Child } from "../../ui/dom";
import { brandProblem } from "./findings";
import { brandOf, valueAt } from "./values";

/** The brands saved on this computer: a list to choose from, and a name to save the brand in the form under. */
export function createSavedBrands(
  { view, operations, connection, painting: { changed } }: App,
  use: (brand: string) => void,
  locked: () => string,
): { load: () => void; Bar: () => Child } {
  let names: readonly string[] = [];
  /** The name in the field, `undefined` for the name of the company. */
  let typed: string | undefined;
  /** The name whose deletion waits for a second click. */
  let leaving = "";

  async function update(request: "names" | "save" | "delete", args: object): Promise<void> {
    leaving = "";
    const answer = await operations.act(`brand.${request}`, args as never);
    if (answer) names = answer.result.names;
    changed();
  }

  async function choose(name: string): Promise<void> {
    const answer = await operations.act("brand.load", { name });
    typed = name;
    if (answer) use(answer.result.brand);
  }

  function Bar(): Child {
    const { brand } = view;
    const broken = brandProblem(brand);
    const name = (typed ?? `${broken || valueAt(brandOf(brand), ["company_name"]) || ""}`).trim();
    const isSaved = names.includes(name);
    const off = connection.off || broken || (brand && name ? "" : "There is no brand, or it has no name");
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
            <option value="">{names.length ? "Use a saved brand…" : "No saved brand"}</option>
            {names.map((each) => (
              <option key={each} value={each}>
                {each}
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
              leaving = "";
              changed();
            }}
          />
          <Button
            class="button"
            text={isSaved ? "Replace" : "Save"}
            tip="Save this brand on this computer, for every notebook"
            off={off}
            busy={operations.busy.has("brand.save")}
            onclick={() => update("save", { name, brand })}
          />
          <Button
            class={leaving ? "button stop" : "button"}
            text={leaving ? "Really delete" : "Delete"}
            tip="Delete the saved brand of this name"
            off={connection.off || (isSaved ? "" : "No brand is saved under this name")}
            onclick={() => {
              if (leaving) update("delete", { name });
              leaving = leaving ? "" : name;
              changed();
            }}
          />
        </div>
        {(["names", "load", "save", "delete"] as const).map((request) => (
          <p class="tone error">{operations.failureAt(`brand.${request}`)?.message}</p>
        ))}
      </>
    );
  }

  return { load: () => update("names", {}), Bar };
}
