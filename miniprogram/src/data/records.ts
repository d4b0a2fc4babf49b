// Written by "make gen" from the declarations in server/. DO NOT EDIT.

import { List } from '../sync/types';
import { Word } from './lists';

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
  standard?: Word<'standard'>;
  /** 贫困户属性 AAC006; changed by proposal */
  class?: Word<'class'>;
  /** 主要致贫原因 AAC007; changed by proposal */
  cause?: Word<'cause'>;
  /** 其他致贫原因 AAC008; changed by proposal */
  causes?: List;
  /** 脱贫标志 AAR010; set by the server */
  exit?: Word<'exit'>;
  /** year it left; 0 = not; set by the server */
  exitYear?: number;
  /** cohort it is planned to leave in; 0 = none; set by the server */
  planYear?: number;
  /** 政策兜底; set by the server */
  safety?: boolean;
  /** 人均纯收入 AAC082 of last year, fen; changed by proposal */
  income?: number;
  /** 是否危房 */
  danger?: Word<'danger'>;
  /** 是否解决安全饮用水 */
  water?: Word<'yes'>;
  /** seen by CV */
  notes?: string;
  /** empty = open; never deleted; set by the server */
  state?: 'closed' | 'merged';
  /** 户类型, since 2021; changed by proposal */
  type?: Word<'housetype'>;
  /** 监测对象类别; empty = not monitored; changed by proposal */
  watch?: Word<'watch'>;
  /** 致贫返贫风险, the weightiest first; changed by proposal */
  risks?: List;
  /** 识别监测时间; changed by proposal */
  riskAt?: string;
  /** 风险是否已消除; changed by proposal */
  cleared?: Word<'yes'>;
  /** 消除监测时间; changed by proposal */
  clearedAt?: string;
  /** 风险消除方式; changed by proposal */
  clearedBy?: Word<'cleared'>;
  /** 整户无劳动能力兜底保障户; changed by proposal */
  noLabour?: Word<'yes'>;
  /** 是否军烈属 AAC012; changed by proposal */
  military?: Word<'yes'>;
  /** year the incomes are of; 0 = last year; changed by proposal */
  incomeYear?: number;
  /** 工资性收入 of the household and year, fen; changed by proposal */
  wage?: number;
  /** 生产经营性收入, fen; changed by proposal */
  business?: number;
  /** 财产性收入, fen; changed by proposal */
  property?: number;
  /** 转移性收入, fen; changed by proposal */
  transfer?: number;
  /** 生产经营性支出, fen; changed by proposal */
  expense?: number;
  /** 住房面积 AAC317, square metres */
  houseArea?: number;
  /** 是否通生活用电 */
  power?: Word<'yes'>;
  /** 是否通广播电视 */
  tv?: Word<'yes'>;
  /** 是否有卫生厕所 */
  toilet?: Word<'yes'>;
  /** 与村主干路距离 AAC315, metres */
  roadDist?: number;
  /** 入户路类型 AAC316 */
  road?: Word<'road'>;
  /** 主要燃料 AAC320 */
  fuel?: Word<'fuel'>;
  /** 耕地, 1/100 mu (亩) */
  farmland?: number;
  /** 林地, 1/100 mu */
  forest?: number;
  /** 退耕还林, 1/100 mu */
  returned?: number;
  /** 林果, 1/100 mu */
  orchard?: number;
  /** 牧草地, 1/100 mu */
  pasture?: number;
  /** 水面, 1/100 mu */
  pond?: number;
  /** when the personal data of all its rows was erased, Unix ms; 0 = not; set by the server */
  erasedAt?: number;
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
  sex?: Word<'sex'>;
  /** AAB005; changed by proposal */
  birth?: string;
  /** 与户主关系 AAB006; 户主 for the head; changed by proposal */
  relation?: string;
  /** 民族 AAB007; changed by proposal */
  ethnic?: string;
  /** 文化程度 AAB008; changed by proposal */
  education?: Word<'education'>;
  /** 在校生状况 AAB009; changed by proposal */
  school?: string;
  /** 劳动技能 AAB010; changed by proposal */
  labour?: Word<'labour'>;
  /** 务工情况 AAB011 */
  work?: Word<'work'>;
  /** 务工月数 AAB012 */
  workMonths?: number;
  /** 健康状况 AAB017: 健康, 长期慢性病, 患有大病, 残疾, joined by a comma; changed by proposal */
  health?: string;
  /** 居民医保（新农合） AAB013; changed by proposal */
  insured?: Word<'yes'>;
  /** 养老 AAB014; changed by proposal */
  pension?: Word<'yes'>;
  /** 减少原因: why the person no longer counts; empty = living here; changed by proposal */
  left?: string;
  /** 减少日期: first day the person no longer counts; empty = not told; changed by proposal */
  leftDay?: string;
  /** 增加原因; empty = was there when the household was registered; changed by proposal */
  joined?: string;
  /** 增加日期: first day the person counts; empty = since the household was registered; changed by proposal */
  joinedDay?: string;
  /** 是否现役军人 AAB019; changed by proposal */
  service?: Word<'yes'>;
  /** 职工医保; changed by proposal */
  staff?: Word<'yes'>;
  /** 大病保险; changed by proposal */
  serious?: Word<'yes'>;
  /** 商业补充医疗保险; changed by proposal */
  extra?: Word<'yes'>;
  /** 公益性岗位 */
  post?: Word<'yes'>;
  /** when the personal data was erased, Unix ms; 0 = not; set by the server */
  erasedAt?: number;
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
  /** late, double, clock, content: hints for the reviewer; seen by CV; set by the server */
  flags?: List;
  /** seconds, taps and fields it took to write, counted by the phone; added to the township's totals and kept nowhere else */
  burden?: List;
}

/** What a household says of a visit. */
export interface Confirmation {
  id: string;
  /** User id of the author; not sent to households. */
  by?: string;
  /** the visit it speaks of */
  visit?: string;
  answer?: '没来过' | '来过' | '有事';
  /** in the household's own words */
  text?: string;
  /** whose phone it was tapped on; the second weighs less; set by the server */
  channel?: 'own' | 'cadre_phone';
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
  /** pairs [item key, answer]; the answer is an option key, a list of them, text, a number or a photo id */
  answers?: List;
  /** points, by the server; set by the server */
  score?: number;
  /** points that could be had; set by the server */
  full?: number;
  /** topics to explain again (product.md rule 8); set by the server */
  weak?: List;
  /** by the paper's rule; empty = it has none; set by the server */
  verdict?: 'pass' | 'fail';
  /** items of a checklist that are not met; set by the server */
  failing?: List;
  /** items asked for and left open; set by the server */
  missing?: List;
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
  /** what was answered; written by CVT */
  answer?: string;
  /** day the township closed it; empty = not; set by the server */
  closed?: string;
  /** user id of who is to answer: a cadre or village worker who holds the household; written by VT */
  owner?: string;
  /** of the answer, by the household; never added up by person; written by H */
  rating?: '满意' | '基本满意' | '不满意';
  /** last day to answer: five working days after it arrived; set by the server */
  due?: string;
  /** set by the server */
  state?: 'open' | 'answered' | 'closed';
  /** user id of who wrote the answer as it stands; set by the server */
  answeredBy?: string;
  /** Unix ms of the first answer; 0 = none; set by the server */
  answeredAt?: number;
  /** why it was closed; set by the server */
  words?: string;
}

/** One line of the problem ledger, of a household or of the township. */
export interface Issue {
  id: string;
  /** User id of the author; not sent to households. */
  by?: string;
  /** code of the kind of problem */
  category?: string;
  /** the problem in one line */
  subject?: string;
  text?: string;
  /** code of where it comes from; empty = not told */
  cause?: string;
  /** what is to be done */
  measure?: string;
  /** deadline; empty = none */
  due?: string;
  /** user id of who is to settle it */
  owner?: string;
  /** checked: by the township, not by who did it */
  state?: 'open' | 'doing' | 'done' | 'checked';
  /** what came of it; needed to be done */
  result?: string;
  /** how it came to light */
  source?: '走访' | '排查' | '审计' | '上级交办' | '群众反映' | '自查' | '其他';
  /** user id of who said it is done; set by the server */
  doneBy?: string;
  /** user id of who checked it; set by the server */
  checkedBy?: string;
  /** Unix ms; 0 = not; set by the server */
  checkedAt?: number;
  /** the township's words when it was checked or given back; set by the server */
  words?: string;
}

/** A complaint or suggestion of a household. */
export interface Complaint {
  id: string;
  /** User id of the author; not sent to households. */
  by?: string;
  text?: string;
  kind?: '投诉' | '建议';
  /** whom it is about, in words */
  whom?: '帮扶干部' | '村干部' | '乡镇干部' | '其他';
  /** user id of whom it is about; empty = nobody named */
  about?: string;
  /** the household takes it back; it stays on record */
  withdrawn?: boolean;
  /** who settles it; set by the server */
  level?: 'township' | 'county';
  /** last day to answer; set by the server */
  due?: string;
  /** set by the server */
  state?: 'open' | 'answered' | 'closed';
  /** set by the server */
  answer?: string;
  /** Unix ms of the first answer; 0 = none; set by the server */
  answeredAt?: number;
  /** day it was closed; empty = not; set by the server */
  closed?: string;
  /** why it was closed; set by the server */
  words?: string;
}

/** One assistance measure of a household. */
export interface Measure {
  id: string;
  /** User id of the author; not sent to households. */
  by?: string;
  /** kind of measure */
  kind?: Word<'measure'>;
  /** what is done, in words: two cows */
  what?: string;
  /** 致贫返贫风险 that it answers; empty = none */
  risk?: string;
  /** first day; empty = not told */
  from?: string;
  /** last day; empty = open */
  to?: string;
  /** planned, fen; 0 = no money */
  amount?: number;
  /** given so far, fen: the ledger's sum for it; set by the server */
  given?: number;
  /** how many of unit; 0 = not counted */
  quantity?: number;
  /** 头, 亩, 人 */
  unit?: string;
  /** what it has come to; empty = plan; written by CVT */
  stage?: 'wish' | 'plan' | 'doing' | 'done' | 'stopped';
  /** what came of it, or why it was stopped; written by CVT */
  result?: string;
  /** visit it was agreed or seen in; empty = none */
  visit?: string;
  /** source of the money, in words */
  fund?: string;
  /** moved by the workflow; empty = a wish, which nobody reviews; set by the server */
  state?: 'pending' | 'approved' | 'returned' | 'rejected';
  /** the admin's words when returned or rejected; set by the server */
  words?: string;
  /** visit the result was seen in; empty = none; written by CVT */
  resultVisit?: string;
  /** how many of yieldUnit it brought: calves born; 0 = not counted; written by CVT */
  yieldQuantity?: number;
  /** written by CVT */
  yieldUnit?: string;
  /** what it earned, fen; 0 = not told; written by CVT */
  yieldAmount?: number;
  /** last day that the yield is counted to; written by CVT */
  yieldDay?: string;
  /** what the household says of the plan; empty = not asked; written by HCV */
  agreement?: 'agreed' | 'objected';
  /** why it objects, in its own words; written by HCV */
  objection?: string;
  /** whose phone it was said on; the second weighs less; set by the server */
  agreedBy?: 'own' | 'cadre_phone';
  /** set by the server */
  agreedDay?: string;
  /** whether the household got it; empty = not asked; written by HCV */
  arrived?: 'arrived' | 'not_arrived';
  /** as agreedBy; set by the server */
  arrivedBy?: 'own' | 'cadre_phone';
  /** set by the server */
  arrivedDay?: string;
  /** of what was given: came from another household's measure, fen; set by the server */
  movedIn?: number;
  /** went on to another household's measure, fen; set by the server */
  movedOut?: number;
}

/** A household was given the policy booklet. */
export interface Delivery {
  id: string;
  /** User id of the author; not sent to households. */
  by?: string;
  /** of the booklet; 0 when sent = the current one */
  edition?: number;
  /** the day it was given, Asia/Shanghai */
  day?: string;
  way?: '上门' | '电话' | '入户讲解' | '自取';
  /** codes of cards that were explained; empty = none in particular */
  cards?: List;
  /** what the household says of it; seen by H; written by HCV */
  receipt?: '收到' | '没收到';
  /** whose phone it said so on; the second weighs less; seen by H; set by the server */
  channel?: 'own' | 'cadre_phone';
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
  /** empty = body still on its way; erased = it was deleted by rule or on request and is not taken again; refused = the household does not agree to pictures, the body is not taken; withheld = stored, but the household took its consent back: shown to it and to the township only; set by the server */
  state?: 'bad' | 'erased' | 'refused' | 'stored' | 'withheld';
  /** set by the server */
  width?: number;
  /** set by the server */
  height?: number;
  /** the phone's clock when the picture was taken, Unix ms; 0 = not told */
  takenAt?: number;
  /** where, in words, as drawn */
  place?: string;
  /** who took it, as drawn */
  cadre?: string;
}

/** What a household says of pictures. */
export interface Consent {
  id: string;
  /** User id of the author; not sent to households. */
  by?: string;
  answer?: 'given' | 'refused' | 'withdrawn';
  /** the day it was said, Asia/Shanghai */
  day?: string;
  /** member who said it; empty = see who */
  member?: string;
  /** who said it, in words, such as 户主的儿子 */
  who?: string;
  /** edition of the text that was read out: the setting consent */
  edition?: string;
  /** whose phone it was tapped on; set by the server */
  channel?: 'own' | 'cadre_phone';
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
  /** the admin's words when it was settled; set by the server */
  words?: string;
  /** of a conflict: name of who wrote theirs; empty = not a user, such as an import; set by the server */
  rival?: string;
  /** of a conflict: when theirs was written, Unix ms; set by the server */
  rivalAt?: number;
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
  /** version of the card, from 1; 0 = a draft; set by the server */
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
  /** pending: another admin has to look at it; set by the server */
  state?: 'draft' | 'published' | 'archived' | 'pending';
  /** first day it holds; empty = always has; set by the server */
  from?: string;
  /** last day it holds; empty = open; set by the server */
  until?: string;
  /** households it is for, docs/booklet.md; empty = all; set by the server */
  audience?: List;
}

/** One recording of a policy card. */
export interface Clip {
  id: string;
  /** User id of the author; not sent to households. */
  by?: string;
  /** code of the card that is spoken */
  card?: string;
  /** of the card when it was recorded: another edition says something else; set by the server */
  edition?: number;
  /** what it is spoken in, in words */
  dialect?: string;
  /** of the file as recorded */
  sha256?: string;
  /** of the file as recorded, bytes */
  size?: number;
  /** what is played, an mp3 at /api/v1/blobs/{sound}; empty = it has not arrived; set by the server */
  sound?: string;
  /** of the sound; the recording without what was noted in it; set by the server */
  bytes?: number;
  /** how long it is, rounded up; set by the server */
  seconds?: number;
  /** moved by the workflow; empty = the sound has not arrived; set by the server */
  state?: 'pending' | 'approved' | 'returned' | 'rejected';
  /** the admin's words when returned or rejected; set by the server */
  words?: string;
}

/** One edition of a township's own rules. */
export interface Setting {
  id: string;
  /** User id of the author; not sent to households. */
  by?: string;
  /** kind of document; set by the server */
  code?: string;
  /** version of the township's document, from 1; set by the server */
  edition?: number;
  /** set by the server */
  title?: string;
  /** set by the server */
  sha256?: string;
  /** set by the server */
  size?: number;
  /** one edition of a kind is published; set by the server */
  state?: 'archived' | 'published';
}

/** One public notice. */
export interface Notice {
  id: string;
  /** User id of the author; not sent to households. */
  by?: string;
  /** 公示 asks for objections; set by the server */
  kind?: '通知' | '公告' | '公示';
  /** set by the server */
  title?: string;
  /** without names, numbers or telephones of people; set by the server */
  text?: string;
  /** households it is about: [village, masked name of the head, people]; set by the server */
  rows?: List;
  /** the office's telephone for objections; set by the server */
  hotline?: string;
  /** first day it is up; empty = not yet; set by the server */
  from?: string;
  /** last day it is up; set by the server */
  until?: string;
  /** set by the server */
  state?: 'draft' | 'published' | 'withdrawn' | 'expired';
}
