// The platform's own elements, as far as WXML may name them.

export const TAGS = new Set(
  ('page view text image button input textarea scroll-view swiper swiper-item label form picker picker-view ' +
    'picker-view-column radio checkbox radio-group checkbox-group switch slider progress navigator icon canvas ' +
    'rich-text cover-view cover-image root-portal page-container').split(' '),
);
