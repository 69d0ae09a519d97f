"""A brand compiled to rules, the checks against them, and the rewriting of texts that break them."""
