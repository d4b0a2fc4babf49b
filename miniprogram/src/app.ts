// The app: opens the phone once and keeps it for the pages.

import { Phone } from './data/index';
import { serverAddress, wxPlatform, wxScreen } from './platform/wx';
import { Shell } from './page';
import { PLACE, SERVER } from './setup';

App<Shell>({
  ready: undefined as unknown as Promise<Phone>,
  screen: wxScreen(),

  onLaunch() {
    this.ready = Phone.open(wxPlatform(PLACE), serverAddress() || SERVER);
  },
});
