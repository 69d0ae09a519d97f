import type { Uses } from "../../state/app";
import type { OnDemand } from "../../state/on-demand";
import { BRAND, WARNING } from "../../ui/icons";
import { DialogButton } from "../on-demand";
import type { ShellPages } from "../pages-types";
import type { Findings } from "./findings";
import { brandOf } from "./json";

interface Props {
  app: Uses<"run" | "view" | "operations" | "connection">;
  findings: Findings;
  onDemand: OnDemand<ShellPages>;
}

/** The button of the brand: the company's name, or that there is none. */
export function BrandButton({ app, findings, onDemand }: Props) {
  const { brand } = app.view;
  const values = brandOf(brand);
  const company = values?.company_name;
  const unknown = app.run.state.form.brand_unknown && "unknown";
  const flawed = !values || findings.found.some(({ tone }) => tone !== "warning");
  return (
    <DialogButton
      {...{ app, onDemand }}
      id="brand"
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
      {({ Brand }) => <Brand />}
    </DialogButton>
  );
}
