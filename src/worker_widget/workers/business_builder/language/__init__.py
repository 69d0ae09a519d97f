"""English and German: grammar, voice, language detection and words that do not fit a tone."""
