/* Takes the reader to what went wrong. */

export default function focus(element) {
  element.focus();
}
