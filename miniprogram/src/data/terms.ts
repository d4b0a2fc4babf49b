// Written by "make gen" from the profiles in server/terms. Do not edit.

/** Everything that has a word of its own in each period of the policy. */
export type Term =
  /** the programme as a whole */
  | 'programme'
  /** a household of the registry */
  | 'household'
  /** registered in the registry */
  | 'registered'
  /** has not left */
  | 'notExited'
  /** has left */
  | 'exited'
  /** leaving */
  | 'exit'
  /** about to leave */
  | 'preExit'
  /** fell back */
  | 'relapsed'
  /** planned to leave this year */
  | 'planned'
  /** kept by the safety net */
  | 'safetyNet'
  /** monitored */
  | 'watched'
  /** what a household is at risk of */
  | 'risk'
  /** risk cleared */
  | 'riskCleared'
  /** main cause */
  | 'cause'
  /** the paired cadre */
  | 'cadre'
  /** village worker or resident team */
  | 'villageWorker'
  /** the pairing */
  | 'pairing'
  /** supporting unit */
  | 'unit'
  /** going to the household */
  | 'visit'
  /** the record of it */
  | 'visitRecord'
  /** the tap at the door */
  | 'checkin'
  /** first of four visits */
  | 'stage1'
  /** second */
  | 'stage2'
  /** third */
  | 'stage3'
  /** fourth */
  | 'stage4'
  /** what a household needs */
  | 'need'
  /** plan for a household */
  | 'plan'
  /** what is given */
  | 'measure'
  /** what came of it */
  | 'result'
  /** policy booklet */
  | 'booklet'
  /** information card of a household */
  | 'card'
  /** handbook of a household */
  | 'handbook'
  /** policy quiz */
  | 'quiz'
  /** awareness rate */
  | 'awareness'
  /** a village leaving */
  | 'villageExit'
  /** village of the programme */
  | 'poorVillage'
  /** the office in charge */
  | 'office';

export type Profile = 'alleviation-2016' | 'monitoring-2021' | 'regular-2026';

/** The profile of a township that has chosen none. */
export const DEFAULT_PROFILE: Profile = 'alleviation-2016';

export const TERMS: { readonly [P in Profile]: { readonly [T in Term]: string } } = {
  /** 脱贫攻坚（2016 起） */
  'alleviation-2016': {
    programme: '脱贫攻坚结对帮扶',
    household: '贫困户',
    registered: '建档立卡',
    notExited: '未脱贫',
    exited: '已脱贫',
    exit: '脱贫',
    preExit: '预脱贫',
    relapsed: '返贫',
    planned: '计划脱贫',
    safetyNet: '政策兜底',
    watched: '重点关注',
    risk: '返贫风险',
    riskCleared: '风险消除',
    cause: '致贫原因',
    cadre: '帮扶干部',
    villageWorker: '村干部、驻村工作队',
    pairing: '结对帮扶',
    unit: '包帮单位',
    visit: '走访',
    visitRecord: '到户记录',
    checkin: '到户签到',
    stage1: '认门户',
    stage2: '出思路',
    stage3: '上措施',
    stage4: '见成效',
    need: '需求',
    plan: '帮扶计划',
    measure: '帮扶措施',
    result: '帮扶成效',
    booklet: '政策口袋书',
    card: '明白卡',
    handbook: '扶贫手册',
    quiz: '政策问答',
    awareness: '政策知晓率',
    villageExit: '出列',
    poorVillage: '贫困村',
    office: '扶贫办',
  },
  /** 防返贫监测（2021 起） */
  'monitoring-2021': {
    programme: '巩固拓展脱贫攻坚成果结对帮扶',
    household: '帮扶户',
    registered: '建档立卡',
    notExited: '未脱贫',
    exited: '已脱贫',
    exit: '脱贫',
    preExit: '预脱贫',
    relapsed: '返贫',
    planned: '计划脱贫',
    safetyNet: '兜底保障',
    watched: '监测对象',
    risk: '返贫致贫风险',
    riskCleared: '风险消除',
    cause: '主要风险',
    cadre: '帮扶责任人',
    villageWorker: '村干部、驻村工作队',
    pairing: '结对帮扶',
    unit: '帮扶单位',
    visit: '走访',
    visitRecord: '到户记录',
    checkin: '到户签到',
    stage1: '认门户',
    stage2: '出思路',
    stage3: '上措施',
    stage4: '见成效',
    need: '需求',
    plan: '帮扶计划',
    measure: '帮扶措施',
    result: '帮扶成效',
    booklet: '政策口袋书',
    card: '明白卡',
    handbook: '帮扶手册',
    quiz: '政策问答',
    awareness: '政策知晓率',
    villageExit: '出列',
    poorVillage: '脱贫村',
    office: '乡村振兴局',
  },
  /** 常态化帮扶（2026 起） */
  'regular-2026': {
    programme: '常态化结对帮扶',
    household: '帮扶对象',
    registered: '建档立卡',
    notExited: '未脱贫',
    exited: '已脱贫',
    exit: '脱贫',
    preExit: '预脱贫',
    relapsed: '返贫',
    planned: '计划脱贫',
    safetyNet: '兜底保障',
    watched: '防止返贫致贫对象',
    risk: '返贫致贫风险',
    riskCleared: '风险消除',
    cause: '主要风险',
    cadre: '帮扶责任人',
    villageWorker: '村干部、驻村工作队',
    pairing: '结对帮扶',
    unit: '帮扶单位',
    visit: '走访',
    visitRecord: '到户记录',
    checkin: '到户签到',
    stage1: '认门户',
    stage2: '出思路',
    stage3: '上措施',
    stage4: '见成效',
    need: '需求',
    plan: '帮扶计划',
    measure: '帮扶措施',
    result: '帮扶成效',
    booklet: '政策口袋书',
    card: '明白卡',
    handbook: '帮扶手册',
    quiz: '政策问答',
    awareness: '政策知晓率',
    villageExit: '出列',
    poorVillage: '帮扶村',
    office: '农业农村部门',
  },
};
