/** Whether the command palette is open; Ctrl-K or a click on the search field opens it. */
class Palette {
  open = $state(false);
  show(): void {
    this.open = true;
  }
}

export const palette = new Palette();
