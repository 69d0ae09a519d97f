"""The optional language model: an OpenAI-compatible endpoint that words texts in place of the rules."""
