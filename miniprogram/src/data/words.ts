// Words and colours of states: the same word, colour and icon everywhere
// (design: screens.md). Tones name the tokens of the style sheet.

import { Calendar } from './calendar';
import { daysBetween } from './day';

export type Tone = 'slate' | 'amber' | 'pine' | 'brick';

/** A clock as a chip: how long there is, or was. */
export interface Clock {
  text: string;
  tone: Tone;
}

export interface Chip {
  word: '草稿' | '待传' | '上传中' | '已送达' | '待审' | '已通过' | '退回' | '未通过' | '冲突';
  /** The word, for uploads with the share that has arrived. */
  text: string;
  tone: Tone;
}

const TONES: { readonly [w in Chip['word']]: Tone } = {
  草稿: 'slate', 待传: 'amber', 上传中: 'amber', 已送达: 'pine', 待审: 'slate', 已通过: 'pine', 退回: 'brick', 未通过: 'brick', 冲突: 'brick',
};

export function chip(word: Chip['word'], percent = -1): Chip {
  return { word, text: percent >= 0 ? word + ' ' + percent + '%' : word, tone: TONES[word] };
}

/** The chip of a reviewed row by the state the server gave it. */
export function reviewed(state: string | undefined): Chip {
  switch (state) {
    case 'approved':
      return chip('已通过');
    case 'returned':
      return chip('退回');
    case 'rejected':
      return chip('未通过');
    case 'pending':
      return chip('待审');
    default:
      return chip('已送达');
  }
}

/** The clock of something that is to be answered by a day: 还有 3 个工作日. */
export function clockChip(due: string, today: string, calendar: Calendar): Clock {
  const late = daysBetween(due, today);
  if (late > 0) {
    return { text: '超期 ' + late + ' 天', tone: 'brick' };
  }
  const left = calendar.between(today, due);
  return left > 0 ? { text: '还有 ' + left + ' 个工作日', tone: left > 1 ? 'slate' : 'amber' } : { text: '今天到期', tone: 'amber' };
}

/** What a change is called in the outbox. */
export const NAMES: { readonly [type: string]: string } = {
  visit: '走访', photo: '照片', response: '政策问答', need: '需求', confirmation: '农户回执', measure: '帮扶措施', delivery: '口袋书发放',
  household: '农户资料', member: '家庭成员', clip: '录音', consent: '照片同意', issue: '问题', complaint: '投诉建议', say: '想说的话',
};

const FIELDS: { readonly [field: string]: string } = {
  address: '家庭住址', phone: '联系电话', notes: '备注', danger: '是否危房', water: '安全饮水', class: '户属性', cause: '主要致贫原因', causes: '其他致贫原因',
  standard: '识别标准', income: '人均纯收入（元）', watch: '监测对象类别', risks: '返贫风险', name: '姓名', sex: '性别', birth: '出生年月', relation: '与户主关系',
  education: '文化程度', school: '在校状况', labour: '劳动技能', work: '务工情况', workMonths: '务工月数', health: '健康状况', insured: '居民医保', pension: '养老',
  left: '减少原因', leftDay: '减少日期', joined: '增加原因', joinedDay: '增加日期', houseArea: '住房面积（平方米）', power: '生活用电', tv: '广播电视', toilet: '卫生厕所',
  road: '入户路', roadDist: '距主干路（米）', fuel: '主要燃料', type: '户类型', '*': '新增', day: '日期', kind: '类别', what: '内容', answer: '答复', result: '成效', amount: '金额（元）', quantity: '数量', unit: '单位', way: '方式',
};

export function hasWord(field: string): boolean {
  return field in FIELDS && field !== '*';
}

/** What a field is called on the phone; its wire name where it has no word. */
export function fieldWord(field: string): string {
  return FIELDS[field] || field;
}

/** 10 000 yuan and more as 1万元; amounts are fen. */
export function moneyWords(fen: number): string {
  const yuan = fen / 100;
  return yuan >= 10000 && yuan % 100 === 0 ? yuan / 10000 + '万元' : (yuan % 1 === 0 ? String(yuan) : yuan.toFixed(2)) + '元';
}
