// Written by "make gen" from the code lists in server/record/lists. Do not edit.

/** One word of a code list. */
export interface Code<W extends string = string> {
  /** What is stored and shown. */
  readonly word: W;
  /** Terminology profiles that offer it; absent = all. */
  readonly profiles?: readonly string[];
  /** The only sex a relation fits. */
  readonly sex?: string;
}

const list = <W extends string>(...items: readonly Code<W>[]): readonly Code<W>[] => items;

/** The code lists by name, words in their order. */
export const LISTS = {
  /** 致贫原因, edition 1 */
  cause: list(
    { word: '因病' },
    { word: '因残' },
    { word: '因学' },
    { word: '因灾' },
    { word: '缺土地' },
    { word: '缺水' },
    { word: '缺技术' },
    { word: '缺劳力' },
    { word: '缺资金' },
    { word: '交通条件落后' },
    { word: '自身发展动力不足' },
    { word: '因婚' },
    { word: '因丧' },
    { word: '其他' },
  ),
  /** 户属性, edition 1 */
  class: list(
    { word: '一般贫困户', profiles: ['alleviation-2016'] },
    { word: '低保户', profiles: ['alleviation-2016'] },
    { word: '五保户', profiles: ['alleviation-2016'] },
    { word: '一般农户', profiles: ['alleviation-2016'] },
    { word: '低保贫困户', profiles: ['alleviation-2016'] },
    { word: '五保贫困户', profiles: ['alleviation-2016'] },
    { word: '一般脱贫户', profiles: ['monitoring-2021', 'regular-2026'] },
    { word: '低保脱贫户', profiles: ['monitoring-2021', 'regular-2026'] },
    { word: '特困供养脱贫户', profiles: ['monitoring-2021', 'regular-2026'] },
  ),
  /** 风险消除方式, edition 1 */
  cleared: list(
    { word: '帮扶消除' },
    { word: '自然消除' },
  ),
  /** 是否危房, edition 1 */
  danger: list(
    { word: '否' },
    { word: 'C级' },
    { word: 'D级' },
  ),
  /** 文化程度, edition 1 */
  education: list(
    { word: '文盲或半文盲' },
    { word: '小学' },
    { word: '初中' },
    { word: '高中' },
    { word: '大专' },
    { word: '本科及以上' },
    { word: '大专及以上' },
    { word: '学龄前儿童' },
  ),
  /** 脱贫标志, edition 1 */
  exit: list(
    { word: '未脱贫' },
    { word: '已脱贫' },
    { word: '预脱贫' },
    { word: '返贫' },
  ),
  /** 主要燃料, edition 1 */
  fuel: list(
    { word: '柴草' },
    { word: '干畜粪' },
    { word: '煤炭' },
    { word: '清洁能源' },
    { word: '其他' },
  ),
  /** 健康状况, edition 1 */
  health: list(
    { word: '健康' },
    { word: '长期慢性病' },
    { word: '患有大病' },
    { word: '残疾' },
  ),
  /** 户类型, edition 1 */
  housetype: list(
    { word: '脱贫户', profiles: ['monitoring-2021', 'regular-2026'] },
    { word: '一般农户', profiles: ['monitoring-2021', 'regular-2026'] },
  ),
  /** 增加原因, edition 1 */
  joined: list(
    { word: '出生' },
    { word: '婚入' },
    { word: '收养' },
    { word: '户籍迁入' },
    { word: '刑满释放' },
    { word: '复员退伍' },
    { word: '漏登补录' },
    { word: '并户' },
    { word: '其他' },
  ),
  /** 劳动技能, edition 1 */
  labour: list(
    { word: '普通劳动力' },
    { word: '技能劳动力' },
    { word: '弱劳动力或半劳动力' },
    { word: '丧失劳动力' },
    { word: '无劳动力' },
  ),
  /** 减少原因, edition 1 */
  left: list(
    { word: '去世' },
    { word: '外嫁' },
    { word: '户籍迁出' },
    { word: '分户' },
    { word: '参军' },
    { word: '服刑' },
    { word: '失联两年以上' },
    { word: '错登' },
    { word: '并户' },
    { word: '其他' },
  ),
  /** 帮扶措施, edition 1 */
  measure: list(
    { word: '产业帮扶' },
    { word: '就业帮扶' },
    { word: '金融帮扶' },
    { word: '公益岗位帮扶' },
    { word: '健康帮扶' },
    { word: '教育帮扶' },
    { word: '义务教育保障' },
    { word: '住房安全保障' },
    { word: '饮水安全保障' },
    { word: '综合保障' },
    { word: '社会帮扶' },
    { word: '搬迁' },
    { word: '生产生活条件改善' },
    { word: '基础设施建设' },
  ),
  /** 与户主关系, edition 1 */
  relation: list(
    { word: '户主' },
    { word: '配偶' },
    { word: '之子', sex: '男' },
    { word: '之女', sex: '女' },
    { word: '之儿媳', sex: '女' },
    { word: '之女婿', sex: '男' },
    { word: '之孙子', sex: '男' },
    { word: '之孙女', sex: '女' },
    { word: '之外孙子', sex: '男' },
    { word: '之外孙女', sex: '女' },
    { word: '之父', sex: '男' },
    { word: '之母', sex: '女' },
    { word: '之岳父', sex: '男' },
    { word: '之岳母', sex: '女' },
    { word: '之公公', sex: '男' },
    { word: '之婆婆', sex: '女' },
    { word: '之祖父', sex: '男' },
    { word: '之祖母', sex: '女' },
    { word: '之外祖父', sex: '男' },
    { word: '之外祖母', sex: '女' },
    { word: '之兄弟姐妹' },
    { word: '之曾孙子', sex: '男' },
    { word: '之曾孙女', sex: '女' },
    { word: '之侄儿', sex: '男' },
    { word: '之侄女', sex: '女' },
    { word: '之兄弟媳妇', sex: '女' },
    { word: '之叔伯', sex: '男' },
    { word: '其他' },
  ),
  /** 致贫返贫风险, edition 1 */
  risk: list(
    { word: '因病' },
    { word: '因学' },
    { word: '因残' },
    { word: '因自然灾害' },
    { word: '因安全住房' },
    { word: '因安全饮水' },
    { word: '因务工就业不稳' },
    { word: '缺劳动力' },
    { word: '因意外事故' },
    { word: '因产业项目失败' },
    { word: '其他' },
  ),
  /** 入户路类型, edition 1 */
  road: list(
    { word: '泥土路' },
    { word: '砂石路' },
    { word: '水泥路' },
    { word: '沥青路' },
  ),
  /** 在校生状况, edition 1 */
  school: list(
    { word: '学龄前儿童' },
    { word: '学前教育' },
    { word: '小学' },
    { word: '七年级' },
    { word: '八年级' },
    { word: '九年级' },
    { word: '普高一年级' },
    { word: '普高二年级' },
    { word: '普高三年级' },
    { word: '中职一年级' },
    { word: '中职二年级' },
    { word: '中职三年级' },
    { word: '高职高专一年级' },
    { word: '高职高专二年级' },
    { word: '高职高专三年级' },
    { word: '技师学院一年级' },
    { word: '技师学院二年级' },
    { word: '技师学院三年级' },
    { word: '技师学院四年级' },
    { word: '本科一年级' },
    { word: '本科二年级' },
    { word: '本科三年级' },
    { word: '本科四年级' },
    { word: '本科五年级' },
    { word: '硕士及以上' },
  ),
  /** 性别, edition 1 */
  sex: list(
    { word: '男' },
    { word: '女' },
  ),
  /** 识别标准, edition 1 */
  standard: list(
    { word: '国家标准' },
    { word: '省定标准' },
    { word: '市定标准' },
  ),
  /** 监测对象类别, edition 1 */
  watch: list(
    { word: '脱贫不稳定户', profiles: ['monitoring-2021', 'regular-2026'] },
    { word: '边缘易致贫户', profiles: ['monitoring-2021', 'regular-2026'] },
    { word: '突发严重困难户', profiles: ['monitoring-2021', 'regular-2026'] },
  ),
  /** 务工情况, edition 1 */
  work: list(
    { word: '乡(镇)内' },
    { word: '乡外县内' },
    { word: '县外省内' },
    { word: '省外' },
    { word: '其他' },
  ),
  /** 是或否, edition 1 */
  yes: list(
    { word: '是' },
    { word: '否' },
  ),
} as const;

export type ListName = keyof typeof LISTS;

/** A word of the list called N. */
export type Word<N extends ListName> = (typeof LISTS)[N][number]['word'];
