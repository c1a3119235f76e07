// The style sheets of the shadow tree. They are constructed, which a policy without `unsafe-inline` allows;
// colours.css is the same file that the other pages link.

let sheets;

export async function loadStyles() {
  sheets ??= Promise.all(['../assets/colours.css', 'component.css'].map(load));
  try {
    return await sheets;
  } catch (error) {
    sheets = undefined;
    throw error;
  }
}

async function load(file) {
  const response = await fetch(new URL(file, import.meta.url), { credentials: 'omit' });
  if (!response.ok) throw new Error(`${file}: HTTP ${response.status}`);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(await response.text());
  return sheet;
}
