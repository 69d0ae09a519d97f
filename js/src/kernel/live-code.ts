// Loads the code that needs a kernel. It comes from the kernel, so that no saved notebook carries it.

/**
 * Imports a module from its text, like anywidget imports the widget, and returns its default export. Its
 * variable `shared` is the given object.
 */
export async function importModule<Exported>(code: string, shared: object): Promise<Exported> {
  // A module cannot be given an object in any other way. The name is in use until the import has ended.
  const name = `ww${Math.random()}`;
  const head = `const shared=globalThis["${name}"];`;
  const address = URL.createObjectURL(new Blob([head, code], { type: "text/javascript" }));
  Object.assign(globalThis, { [name]: shared });
  try {
    return (await import(/* @vite-ignore */ address)).default;
  } finally {
    URL.revokeObjectURL(address);
    Reflect.deleteProperty(globalThis, name);
  }
}
