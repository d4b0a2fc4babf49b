// The app: opens the phone once and keeps it for the pages.

import { Phone } from './data/index';
import { serverAddress, wxPlatform, wxScreen } from './platform/wx';
import { Shell } from './page';
import { Privacy } from './privacy';
import { PLACE, SERVER } from './setup';

App<Shell>({
  ready: undefined as unknown as Promise<Phone>,
  screen: wxScreen(),
  privacy: undefined as unknown as Privacy,

  onLaunch() {
    const platform = wxPlatform(PLACE);
    this.privacy = new Privacy(platform.host);
    this.ready = Phone.open(platform, serverAddress() || SERVER);
  },
});
