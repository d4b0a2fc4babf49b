// Makes the phone's program another edition: EDITION says which, TABLES names
// its compiled table of record types, which is changed before anything reads it.
'use strict';
const { TABLES } = require(process.env.TABLES);
switch (process.env.EDITION) {
  case 'ancient': // the server serves no such app any more
    TABLES.schema = 0;
    break;
  case 'older': // before each type had its last field, and before three types
    for (const t of TABLES.types) {
      t.fields.pop();
    }
    TABLES.types = TABLES.types.filter((t) => !['notice', 'fund', 'entry'].includes(t.name));
    break;
  case 'newer': // the server was rolled back under it
    TABLES.schema = 2;
    TABLES.types.find((t) => t.name === 'visit').fields.push({ name: 'mood', kind: 'text', class: 'author' });
    TABLES.types.push({ name: 'future', common: false, fields: [{ name: 'text', kind: 'text', class: 'author' }] });
    break;
}
