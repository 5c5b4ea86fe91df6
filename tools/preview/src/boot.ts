// Imported before everything of Grafana's, which reads these as it loads.
const settings = { featureToggles: {}, user: {}, navTree: [], assets: {} };

Object.assign(window, {
  __grafana_public_path__: '/',
  grafanaBootData: { settings, user: {}, navTree: [], assets: {} },
});

export {};
