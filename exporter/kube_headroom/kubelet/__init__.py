"""The kubelets: fetching their pages on a schedule and reading them; the only room that talks to kubelets, and only by GET."""
