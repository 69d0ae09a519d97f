// What is in front of the title of the browser tab: that a run of the page waits for the person, or how one ended.

export const WAITING = "Waiting for you";
const MARKS = /^((Waiting for you|[✓✗] \w+)( · |$))+/;

/**
 * The returned function puts a text in front of the title until it is `""`; waiting comes before an end. The consoles
 * of a page list their texts at its root element, because each can have a copy of this code.
 */
export function createTabTitle(): (text: string) => void {
  const page = document.documentElement.dataset;
  let own = "";
  // The page sets its title anew, for example for another notebook.
  const observer = new MutationObserver(write);
  const list = () => page.consoleMarks?.split("|") ?? [];

  function write(): void {
    const texts = list();
    const mark = texts.includes(WAITING) ? WAITING : texts.at(-1);
    const next = [mark, document.title.replace(MARKS, "")].filter(Boolean).join(" · ");
    if (document.title !== next) document.title = next;
  }

  return (text) => {
    if (text === own) return;
    const texts = list();
    if (own) texts.splice(texts.indexOf(own), 1);
    if (text) texts.push(text);
    own = text;
    if (texts.length) page.consoleMarks = texts.join("|");
    else delete page.consoleMarks;
    write();
    if (own) observer.observe(document.head, { subtree: true, childList: true, characterData: true });
    else observer.disconnect();
  };
}
