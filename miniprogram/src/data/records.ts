// Written by "make gen" from the declarations in server/. Do not edit.

import { FieldDef, List, TypeDef } from '../sync/types';

// Zero values are left out of a row: a missing text is '', a number 0, a list [].

/** One registered household. */
export interface Household {
  id: string;
  /** User id of the author; not sent to households. */
  by?: string;
  /** township marks the pseudo-household of common rows; set by the server */
  kind?: 'township';
  /** 户编号 AAC001; changed online only */
  code?: string;
  /** name of the head of household, from its member row; set by the server */
  head?: string;
  /** living members, counted by the server; set by the server */
  people?: number;
  /** village code AAR008; changed online only */
  village?: string;
  /** village and group in words, as shown; changed online only */
  place?: string;
  /** 户联系电话; sent only to those who hold the household; seen by CV; masked for H */
  phone?: string;
  address?: string;
  /** 识别标准 AAC005; changed by proposal */
  standard?: '国家标准' | '省定标准' | '市定标准';
  /** 贫困户属性 AAC006; changed by proposal */
  class?: '一般贫困户' | '低保户' | '五保户' | '一般农户' | '低保贫困户' | '五保贫困户' | '一般脱贫户' | '低保脱贫户' | '特困供养脱贫户';
  /** 主要致贫原因 AAC007; changed by proposal */
  cause?: '因病' | '因残' | '因学' | '因灾' | '因婚' | '因丧' | '缺土地' | '缺水' | '缺技术' | '缺劳力' | '缺资金' | '交通条件落后' | '自身发展动力不足' | '其他';
  /** 其他致贫原因 AAC008; changed by proposal */
  causes?: List;
  /** 脱贫标志 AAR010; set by the server */
  exit?: '未脱贫' | '已脱贫' | '预脱贫' | '返贫';
  /** year it left; 0 = not; set by the server */
  exitYear?: number;
  /** cohort it is planned to leave in; 0 = none; set by the server */
  planYear?: number;
  /** 政策兜底; set by the server */
  safety?: boolean;
  /** 人均纯收入 AAC082 of last year, fen; changed by proposal */
  income?: number;
  /** 是否危房 */
  danger?: '否' | 'C级' | 'D级';
  /** 是否解决安全饮用水 */
  water?: '是' | '否';
  /** seen by CV */
  notes?: string;
  /** empty = open; never deleted; set by the server */
  state?: 'closed' | 'merged';
}

/** One person of a household; added and corrected through proposals. */
export interface Member {
  id: string;
  /** User id of the author; not sent to households. */
  by?: string;
  /** 人编号 AAB001; changed online only */
  code?: string;
  /** changed by proposal */
  name?: string;
  /** changed by proposal */
  sex?: '男' | '女';
  /** AAB005; changed by proposal */
  birth?: string;
  /** 与户主关系 AAB006; 户主 for the head; changed by proposal */
  relation?: string;
  /** 民族 AAB007; changed by proposal */
  ethnic?: string;
  /** 文化程度 AAB008; changed by proposal */
  education?: '文盲或半文盲' | '小学' | '初中' | '高中' | '大专' | '本科及以上' | '大专及以上' | '学龄前儿童';
  /** 在校生状况 AAB009; changed by proposal */
  school?: string;
  /** 劳动技能 AAB010; changed by proposal */
  labour?: '普通劳动力' | '技能劳动力' | '弱劳动力或半劳动力' | '丧失劳动力' | '无劳动力';
  /** 务工情况 AAB011 */
  work?: '乡(镇)内' | '乡外县内' | '县外省内' | '省外' | '其他';
  /** 务工月数 AAB012 */
  workMonths?: number;
  /** 健康状况 AAB017: 健康, 长期慢性病, 患有大病, 残疾, joined by a comma; changed by proposal */
  health?: string;
  /** 新农合 AAB013; changed by proposal */
  insured?: '是' | '否';
  /** 养老 AAB014; changed by proposal */
  pension?: '是' | '否';
  /** why the person no longer counts: 去世, 外嫁, 户籍迁出; empty = living here; changed by proposal */
  left?: string;
}

/** A cadre paired with a household. */
export interface Pairing {
  id: string;
  /** User id of the author; not sent to households. */
  by?: string;
  /** user id of the cadre; set by the server */
  cadre?: string;
  /** the cadre's name as the household knows it; set by the server */
  name?: string;
  /** where the cadre works; set by the server */
  unit?: string;
  /** the cadre's telephone, for the household to call; set by the server */
  phone?: string;
  /** AAR020; set by the server */
  from?: string;
  /** AAR021; empty = still; set by the server */
  to?: string;
  /** why it ended; set by the server */
  reason?: string;
}

/** One visit record. */
export interface Visit {
  id: string;
  /** User id of the author; not sent to households. */
  by?: string;
  /** the day of the visit, Asia/Shanghai */
  day?: string;
  /** 四访: 1 认门户, 2 出思路, 3 上措施, 4 见成效; 0 = none */
  stage?: number;
  text?: string;
  /** names of the people met */
  met?: List;
  /** needs found */
  needs?: string;
  /** 到户签到: the phone's clock at the tap, Unix ms; 0 = not used */
  checkinAt?: number;
  /** micro-degrees; 0,0 = no place */
  lat?: number;
  /** micro-degrees */
  lng?: number;
  /** radius in metres */
  accuracy?: number;
  /** which coordinate system the place is in */
  coord?: 'wgs84' | 'gcj02';
  /** moved by the workflow; set by the server */
  state?: 'pending' | 'approved' | 'returned' | 'rejected';
  /** the admin's words when returned or rejected; set by the server */
  words?: string;
  /** late, double, clock: hints for the reviewer; seen by CV; set by the server */
  flags?: List;
}

/** One answered paper. */
export interface Response {
  id: string;
  /** User id of the author; not sent to households. */
  by?: string;
  /** form row answered (a version) */
  form?: string;
  /** visit it was asked in; may be empty */
  visit?: string;
  day?: string;
  /** pairs [item key, answer]; the answer is an option key, a list of them, text or a number */
  answers?: List;
  /** points, by the server; set by the server */
  score?: number;
  /** points that could be had; set by the server */
  full?: number;
  /** topics to explain again (product.md rule 8); set by the server */
  weak?: List;
}

/** One difficulty of a household and its answer. */
export interface Need {
  id: string;
  /** User id of the author; not sent to households. */
  by?: string;
  /** in the household's own words */
  text?: string;
  kind?: '看病' | '上学' | '住房' | '饮水' | '就业' | '产业' | '其他';
  /** visit it was found in; empty = said otherwise */
  visit?: string;
  /** what was answered */
  answer?: string;
  /** day the township closed it; empty = open; changed online only */
  closed?: string;
}

/** A picture taken during a visit. */
export interface Photo {
  id: string;
  /** User id of the author; not sent to households. */
  by?: string;
  /** visit it belongs to */
  visit?: string;
  /** of the file the phone sends */
  sha256?: string;
  /** bytes of that file */
  size?: number;
  mime?: 'image/jpeg' | 'image/png' | 'image/webp';
  note?: string;
  /** empty = body still on its way; set by the server */
  state?: 'stored' | 'bad';
  /** set by the server */
  width?: number;
  /** set by the server */
  height?: number;
}

/** A change that waits for a township admin. */
export interface Proposal {
  id: string;
  /** User id of the author; not sent to households. */
  by?: string;
  /** record type the change is for; set by the server */
  target?: string;
  /** record id the change is for; set by the server */
  row?: string;
  /** wire name; * = a whole new row; set by the server */
  field?: string;
  /** value the author saw; set by the server */
  base?: string;
  /** value the author wants; set by the server */
  mine?: string;
  /** value at the server when it arrived; set by the server */
  theirs?: string;
  /** conflict: another value came first; the author picks by writing again, or an admin settles it; set by the server */
  state?: 'open' | 'conflict' | 'accepted' | 'refused';
  /** why the author asks; set by the server */
  reason?: string;
  /** the admin's words when refused; set by the server */
  words?: string;
}

/** One version of a paper. */
export interface Form {
  id: string;
  /** User id of the author; not sent to households. */
  by?: string;
  /** what stays the same across versions; set by the server */
  code?: string;
  /** version of the paper, from 1; set by the server */
  edition?: number;
  /** set by the server */
  title?: string;
  /** set by the server */
  kind?: 'quiz' | 'exam' | 'checklist';
  /** set by the server */
  sha256?: string;
  /** set by the server */
  size?: number;
  /** set by the server */
  state?: 'draft' | 'published' | 'archived';
}

/** One policy card. */
export interface Card {
  id: string;
  /** User id of the author; not sent to households. */
  by?: string;
  /** what stays the same across versions; set by the server */
  code?: string;
  /** version of the card, from 1; set by the server */
  edition?: number;
  /** topic that quiz items refer to; set by the server */
  topic?: string;
  /** set by the server */
  title?: string;
  /** set by the server */
  order?: number;
  /** set by the server */
  sha256?: string;
  /** set by the server */
  size?: number;
  /** set by the server */
  state?: 'draft' | 'published' | 'archived';
}

/** What a form needs to know of a field. */
export interface Field extends FieldDef {
  /** Longest text in characters, longest list in items, or largest number. */
  readonly max?: number;
  /** Smallest number. */
  readonly min?: number;
  /** The only values besides ''. */
  readonly enum?: readonly string[];
  /** May not be empty when the row is made. */
  readonly required?: boolean;
  readonly format?: 'day' | 'month' | 'sha256' | 'area' | 'id';
}

export interface Type extends TypeDef {
  readonly fields: readonly Field[];
}

/** Every synced type, fields in declared order. */
export const TABLES: { readonly schema: number; readonly types: readonly Type[] } = {
  schema: 1,
  types: [
    {
      name: 'household',
      common: false,
      fields: [
        { name: 'kind', kind: 'text', class: 'server', max: 100, enum: ['township'] },
        { name: 'code', kind: 'text', class: 'online', max: 32 },
        { name: 'head', kind: 'text', class: 'server', max: 50 },
        { name: 'people', kind: 'int', class: 'server', max: 99 },
        { name: 'village', kind: 'text', class: 'online', max: 100, format: 'area' },
        { name: 'place', kind: 'text', class: 'online', max: 60 },
        { name: 'phone', kind: 'sealed', class: 'merge', max: 20 },
        { name: 'address', kind: 'text', class: 'merge', max: 120 },
        { name: 'standard', kind: 'text', class: 'propose', max: 100, enum: ['国家标准', '省定标准', '市定标准'] },
        { name: 'class', kind: 'text', class: 'propose', max: 100, enum: ['一般贫困户', '低保户', '五保户', '一般农户', '低保贫困户', '五保贫困户', '一般脱贫户', '低保脱贫户', '特困供养脱贫户'] },
        { name: 'cause', kind: 'text', class: 'propose', max: 100, enum: ['因病', '因残', '因学', '因灾', '因婚', '因丧', '缺土地', '缺水', '缺技术', '缺劳力', '缺资金', '交通条件落后', '自身发展动力不足', '其他'] },
        { name: 'causes', kind: 'list', class: 'propose', max: 2 },
        { name: 'exit', kind: 'text', class: 'server', max: 100, enum: ['未脱贫', '已脱贫', '预脱贫', '返贫'] },
        { name: 'exitYear', kind: 'int', class: 'server', max: 2100 },
        { name: 'planYear', kind: 'int', class: 'server', max: 2100 },
        { name: 'safety', kind: 'bool', class: 'server' },
        { name: 'income', kind: 'int', class: 'propose', max: 100000000 },
        { name: 'danger', kind: 'text', class: 'merge', max: 100, enum: ['否', 'C级', 'D级'] },
        { name: 'water', kind: 'text', class: 'merge', max: 100, enum: ['是', '否'] },
        { name: 'notes', kind: 'text', class: 'merge', max: 500 },
        { name: 'state', kind: 'text', class: 'server', max: 100, enum: ['closed', 'merged'] },
      ],
    },
    {
      name: 'member',
      common: false,
      fields: [
        { name: 'code', kind: 'text', class: 'online', max: 32 },
        { name: 'name', kind: 'text', class: 'propose', max: 50, required: true },
        { name: 'sex', kind: 'text', class: 'propose', max: 100, enum: ['男', '女'] },
        { name: 'birth', kind: 'text', class: 'propose', max: 100, format: 'month' },
        { name: 'relation', kind: 'text', class: 'propose', max: 12, required: true },
        { name: 'ethnic', kind: 'text', class: 'propose', max: 12 },
        { name: 'education', kind: 'text', class: 'propose', max: 100, enum: ['文盲或半文盲', '小学', '初中', '高中', '大专', '本科及以上', '大专及以上', '学龄前儿童'] },
        { name: 'school', kind: 'text', class: 'propose', max: 12 },
        { name: 'labour', kind: 'text', class: 'propose', max: 100, enum: ['普通劳动力', '技能劳动力', '弱劳动力或半劳动力', '丧失劳动力', '无劳动力'] },
        { name: 'work', kind: 'text', class: 'merge', max: 100, enum: ['乡(镇)内', '乡外县内', '县外省内', '省外', '其他'] },
        { name: 'workMonths', kind: 'int', class: 'merge', max: 12 },
        { name: 'health', kind: 'text', class: 'propose', max: 30 },
        { name: 'insured', kind: 'text', class: 'propose', max: 100, enum: ['是', '否'] },
        { name: 'pension', kind: 'text', class: 'propose', max: 100, enum: ['是', '否'] },
        { name: 'left', kind: 'text', class: 'propose', max: 30 },
      ],
    },
    {
      name: 'pairing',
      common: false,
      fields: [
        { name: 'cadre', kind: 'text', class: 'server', max: 100, format: 'id' },
        { name: 'name', kind: 'text', class: 'server', max: 50 },
        { name: 'unit', kind: 'text', class: 'server', max: 60 },
        { name: 'phone', kind: 'sealed', class: 'server', max: 20 },
        { name: 'from', kind: 'text', class: 'server', max: 100, format: 'day' },
        { name: 'to', kind: 'text', class: 'server', max: 100, format: 'day' },
        { name: 'reason', kind: 'text', class: 'server', max: 200 },
      ],
    },
    {
      name: 'visit',
      common: false,
      fields: [
        { name: 'day', kind: 'text', class: 'author', max: 100, required: true, format: 'day' },
        { name: 'stage', kind: 'int', class: 'author', max: 4 },
        { name: 'text', kind: 'text', class: 'author', max: 2000 },
        { name: 'met', kind: 'list', class: 'author', max: 20 },
        { name: 'needs', kind: 'text', class: 'author', max: 500 },
        { name: 'checkinAt', kind: 'int', class: 'author' },
        { name: 'lat', kind: 'int', class: 'author', max: 90000000, min: -90000000 },
        { name: 'lng', kind: 'int', class: 'author', max: 180000000, min: -180000000 },
        { name: 'accuracy', kind: 'int', class: 'author', max: 100000 },
        { name: 'coord', kind: 'text', class: 'author', max: 100, enum: ['wgs84', 'gcj02'] },
        { name: 'state', kind: 'text', class: 'server', max: 100, enum: ['pending', 'approved', 'returned', 'rejected'] },
        { name: 'words', kind: 'text', class: 'server', max: 200 },
        { name: 'flags', kind: 'list', class: 'server', max: 8 },
      ],
    },
    {
      name: 'response',
      common: false,
      fields: [
        { name: 'form', kind: 'text', class: 'author', max: 100, required: true, format: 'id' },
        { name: 'visit', kind: 'text', class: 'author', max: 100, format: 'id' },
        { name: 'day', kind: 'text', class: 'author', max: 100, required: true, format: 'day' },
        { name: 'answers', kind: 'list', class: 'author', max: 60 },
        { name: 'score', kind: 'int', class: 'server' },
        { name: 'full', kind: 'int', class: 'server' },
        { name: 'weak', kind: 'list', class: 'server', max: 20 },
      ],
    },
    {
      name: 'need',
      common: false,
      fields: [
        { name: 'text', kind: 'text', class: 'merge', max: 500, required: true },
        { name: 'kind', kind: 'text', class: 'merge', max: 100, enum: ['看病', '上学', '住房', '饮水', '就业', '产业', '其他'] },
        { name: 'visit', kind: 'text', class: 'merge', max: 100, format: 'id' },
        { name: 'answer', kind: 'text', class: 'merge', max: 500 },
        { name: 'closed', kind: 'text', class: 'online', max: 100, format: 'day' },
      ],
    },
    {
      name: 'photo',
      common: false,
      fields: [
        { name: 'visit', kind: 'text', class: 'author', max: 100, required: true, format: 'id' },
        { name: 'sha256', kind: 'text', class: 'author', max: 100, required: true, format: 'sha256' },
        { name: 'size', kind: 'int', class: 'author', max: 2097152, required: true },
        { name: 'mime', kind: 'text', class: 'author', max: 100, enum: ['image/jpeg', 'image/png', 'image/webp'], required: true },
        { name: 'note', kind: 'text', class: 'author', max: 100 },
        { name: 'state', kind: 'text', class: 'server', max: 100, enum: ['stored', 'bad'] },
        { name: 'width', kind: 'int', class: 'server' },
        { name: 'height', kind: 'int', class: 'server' },
      ],
    },
    {
      name: 'proposal',
      common: false,
      fields: [
        { name: 'target', kind: 'text', class: 'server', max: 100 },
        { name: 'row', kind: 'text', class: 'server', max: 100, format: 'id' },
        { name: 'field', kind: 'text', class: 'server', max: 100 },
        { name: 'base', kind: 'sealed', class: 'server', max: 4000 },
        { name: 'mine', kind: 'sealed', class: 'server', max: 4000 },
        { name: 'theirs', kind: 'sealed', class: 'server', max: 4000 },
        { name: 'state', kind: 'text', class: 'server', max: 100, enum: ['open', 'conflict', 'accepted', 'refused'] },
        { name: 'reason', kind: 'text', class: 'server', max: 200 },
        { name: 'words', kind: 'text', class: 'server', max: 200 },
      ],
    },
    {
      name: 'form',
      common: true,
      fields: [
        { name: 'code', kind: 'text', class: 'server', max: 32 },
        { name: 'edition', kind: 'int', class: 'server' },
        { name: 'title', kind: 'text', class: 'server', max: 60 },
        { name: 'kind', kind: 'text', class: 'server', max: 100, enum: ['quiz', 'exam', 'checklist'] },
        { name: 'sha256', kind: 'text', class: 'server', max: 100, format: 'sha256' },
        { name: 'size', kind: 'int', class: 'server' },
        { name: 'state', kind: 'text', class: 'server', max: 100, enum: ['draft', 'published', 'archived'] },
      ],
    },
    {
      name: 'card',
      common: true,
      fields: [
        { name: 'code', kind: 'text', class: 'server', max: 32 },
        { name: 'edition', kind: 'int', class: 'server' },
        { name: 'topic', kind: 'text', class: 'server', max: 16 },
        { name: 'title', kind: 'text', class: 'server', max: 60 },
        { name: 'order', kind: 'int', class: 'server' },
        { name: 'sha256', kind: 'text', class: 'server', max: 100, format: 'sha256' },
        { name: 'size', kind: 'int', class: 'server' },
        { name: 'state', kind: 'text', class: 'server', max: 100, enum: ['draft', 'published', 'archived'] },
      ],
    },
  ],
};
