import './boot';
import { createTheme, rangeUtil } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { GlobalStyles, PortalContainer, ThemeContext } from '@grafana/ui';
import { createRoot } from 'react-dom/client';
import type { Dashboard } from './dashboard';
import { knowTransformations } from './fields';
import { Page } from './page';
import { choose } from './variables';

const FONTS = ['400 12px Inter', '500 12px Inter', '400 12px "Roboto Mono"'];

/** Show the dashboard of `/d/UID?from=&to=&var-NAME=&theme=`, addressed as in Grafana. */
async function show(): Promise<void> {
  const uid = location.pathname.replace(/^\/d\//, '');
  const asked = new URLSearchParams(location.search);
  const response = await fetch(`/dashboards/${uid}.json`);
  if (!response.ok) {
    throw new Error(`there is no dashboard ${uid}`);
  }
  const dashboard: Dashboard = await response.json();
  const range = rangeUtil.convertRawToRange({ from: asked.get('from') ?? 'now-15m', to: asked.get('to') ?? 'now' });
  const theme = createTheme({ colors: { mode: asked.get('theme') === 'dark' ? 'dark' : 'light' } });
  knowTransformations();
  await initPluginTranslations('grafana');
  const chosen = await choose(dashboard, asked, range);
  const root = createRoot(document.getElementById('root')!);
  const shell = (content: React.ReactNode) => (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <PortalContainer />
      {content}
    </ThemeContext.Provider>
  );
  root.render(shell(null));
  // Axis labels are measured once; with a fallback font's widths they are cut off.
  await new Promise(requestAnimationFrame);
  await Promise.all(FONTS.map((font) => document.fonts.load(font)));
  document.title = dashboard.title;
  root.render(shell(<Page dashboard={dashboard} chosen={chosen} range={range} width={document.body.clientWidth - 16} />));
}

show().catch((error: unknown) => {
  document.getElementById('root')!.textContent = String(error);
  throw error;
});
