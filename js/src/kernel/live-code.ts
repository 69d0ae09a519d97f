// Loads the code that needs a kernel. It comes from the kernel, so that no saved notebook carries it.

/** Imports a module from its text, like anywidget imports the widget, and returns its default export. */
export async function importModule<Exported>(code: string): Promise<Exported> {
  const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  try {
    return (await import(/* @vite-ignore */ address)).default;
  } finally {
    URL.revokeObjectURL(address);
  }
}
