// A small table of types in the shape of the generated one.

import { FieldDef, Tables } from '../../src/sync/types';

function fields(list: string): FieldDef[] {
  return list.split(' ').map((f) => {
    const [name, kind, cls] = f.split(':');
    return { name, kind: (kind || 'text') as FieldDef['kind'], class: cls || 'server' };
  });
}

export const TABLES: Tables = {
  schema: 1,
  types: [
    {
      name: 'household', common: false,
      fields: fields('kind code head people:int village place phone:sealed:merge address:text:merge standard:text:propose class:text:propose cause causes:list exit exitYear:int planYear:int safety:bool income:int:propose danger:text:merge water:text:merge notes:text:merge state'),
    },
    { name: 'member', common: false, fields: fields('code name sex idNo:sealed birth relation work:text:merge workMonths:int:merge') },
    { name: 'pairing', common: false, fields: fields('cadre name unit phone:sealed from to reason') },
    {
      name: 'visit', common: false,
      fields: fields('day:text:author stage:int:author text:text:author met:list:author needs:text:author checkinAt:int:author lat:int:author lng:int:author accuracy:int:author coord:text:author state words flags:list'),
    },
    { name: 'photo', common: false, fields: fields('visit:text:author sha256:text:author size:int:author mime:text:author note:text:author state width:int height:int') },
    { name: 'form', common: true, fields: fields('code edition:int title kind sha256 size:int state') },
    { name: 'response', common: false, fields: fields('form:text:author visit:text:author day:text:author answers:list:author score:int full:int weak:list') },
    { name: 'card', common: true, fields: fields('code edition:int topic title order:int sha256 size:int state') },
    { name: 'proposal', common: false, fields: fields('target row field base:sealed mine:sealed theirs:sealed state reason words') },
  ],
};
