"""Controllers of the simulated cluster: what the controller manager, the scheduler and admission do."""
