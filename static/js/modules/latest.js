/* A thread opens at its newest message. */

export default function latest(element) {
  element.scrollTop = element.scrollHeight;
}
