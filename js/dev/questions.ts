// What the synthetic run asks a person.

import type { InputRequest, StageDetail } from "../src/kernel/wire";

const ask = (over: Partial<InputRequest>): InputRequest => ({
  request_id: over.message ?? "",
  stage_id: "ux",
  reason: "input_required",
  message: null,
  schema: null,
  expires_us: null,
  position: 40,
  ...over,
});

export const APPROVAL = ask({
  reason: "tool_call",
  message: "The agent wants to publish the page. Approve the call?",
});

export const COMMENTED = ask({
  reason: "tool_call",
  message: "Send the newsletter to 1,204 people?",
  schema: {
    type: "object",
    properties: {
      approved: { type: "boolean" },
      reason: { type: "string", description: "The agent reads it." },
    },
    required: ["approved"],
  },
});

export const FORM = ask({
  message: "Where should the launch take place?\nThe plan cannot be finished without it.",
  schema: {
    type: "object",
    required: ["city", "days", "channels"],
    properties: {
      city: { type: "string", title: "City", minLength: 2, description: "Where the event takes place." },
      days: { type: "integer", title: "Days", minimum: 1, maximum: 14, default: 2 },
      budget: { type: "number", title: "Budget", minimum: 0, description: "In EUR." },
      season: { title: "Season", enum: ["spring", "summer", "autumn"] },
      press: { type: "boolean", title: "Invite the press", default: true },
      channels: {
        type: "array",
        title: "Channels",
        items: { enum: ["email", "podcast", "social", "print"] },
        minItems: 1,
      },
      guests: { type: "array", title: "Guests", items: { type: "string" } },
      address: {
        type: "object",
        title: "Address",
        required: ["street"],
        properties: {
          street: { type: "string", title: "Street" },
          floor: { type: "integer", title: "Floor" },
        },
      },
      notes: { type: "string", title: "Notes", maxLength: 2000 },
    },
  },
});

export const TEXT = ask({ message: "Which headline do you like best?", position: 41 });

export const LONG = ask({
  message: Array.from({ length: 60 }, (_, n) => `${n + 1}. A line of a long question.`).join("\n"),
  schema: { type: "boolean" },
  stage_id: null,
});

export const JSON_ONLY = ask({
  message: "Correct the plan.",
  schema: { type: "array", items: { type: "object" }, default: [{ step: "Publish", day: 1 }] },
});

/** The arguments of the tool call that is to be approved. */
export const CALL: StageDetail = {
  input: {
    text: JSON.stringify({ page: "landing.html", to: "https://example.com", note: "<b>bold</b>" }, null, 2),
    json: true,
  },
  output: null,
  traceback: null,
};
