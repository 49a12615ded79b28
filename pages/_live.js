// The page's script is some modules in live_js/, which webapp.py serves; this fetches the first.
export default async function (component) {
  const { mount } = await import(new URL(component.data.script, location.origin).href);
  return mount(component);
}
