type Theme = "system" | "light" | "dark";

/** What this browser remembers of its user: theme, and the zone in which moments are shown. */
class Preferences {
  theme = $state<Theme>((localStorage.getItem("breakwater.theme") as Theme | null) ?? "system");
  zone = $state(localStorage.getItem("breakwater.zone") ?? Intl.DateTimeFormat().resolvedOptions().timeZone);
  railOpen = $state(localStorage.getItem("breakwater.rail") !== "closed");

  setTheme(theme: Theme): void {
    this.theme = theme;
    if (theme === "system") {
      localStorage.removeItem("breakwater.theme");
      delete document.documentElement.dataset.theme;
    } else {
      localStorage.setItem("breakwater.theme", theme);
      document.documentElement.dataset.theme = theme;
    }
  }
  setZone(zone: string): void {
    this.zone = zone;
    localStorage.setItem("breakwater.zone", zone);
  }
  toggleRail(): void {
    this.railOpen = !this.railOpen;
    localStorage.setItem("breakwater.rail", this.railOpen ? "open" : "closed");
  }
}

export const preferences = new Preferences();
