// Written by "make gen" from the declarations in server/. Do not edit.

import { FieldDef, TypeDef } from '../sync/types';
import { ListName } from './lists';

/** What a form needs to know of a field. */
export interface Field extends FieldDef {
  /** Longest text in characters, longest list in items, or largest number. */
  readonly max?: number;
  /** Smallest number. */
  readonly min?: number;
  /** The only values besides ''. */
  readonly enum?: readonly string[];
  /** The code list whose words are the only values besides ''. */
  readonly list?: ListName;
  /** The code list to choose from; other words are kept too. */
  readonly offer?: ListName;
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
        { name: 'standard', kind: 'text', class: 'propose', max: 100, list: 'standard' },
        { name: 'class', kind: 'text', class: 'propose', max: 100, list: 'class' },
        { name: 'cause', kind: 'text', class: 'propose', max: 100, list: 'cause' },
        { name: 'causes', kind: 'list', class: 'propose', max: 2, offer: 'cause' },
        { name: 'exit', kind: 'text', class: 'server', max: 100, list: 'exit' },
        { name: 'exitYear', kind: 'int', class: 'server', max: 2100 },
        { name: 'planYear', kind: 'int', class: 'server', max: 2100 },
        { name: 'safety', kind: 'bool', class: 'server' },
        { name: 'income', kind: 'int', class: 'propose', max: 100000000 },
        { name: 'danger', kind: 'text', class: 'merge', max: 100, list: 'danger' },
        { name: 'water', kind: 'text', class: 'merge', max: 100, list: 'yes' },
        { name: 'notes', kind: 'text', class: 'merge', max: 500 },
        { name: 'state', kind: 'text', class: 'server', max: 100, enum: ['closed', 'merged'] },
        { name: 'type', kind: 'text', class: 'propose', max: 100, list: 'housetype' },
        { name: 'watch', kind: 'text', class: 'propose', max: 100, list: 'watch' },
        { name: 'risks', kind: 'list', class: 'propose', max: 5, offer: 'risk' },
        { name: 'riskAt', kind: 'text', class: 'propose', max: 100, format: 'month' },
        { name: 'cleared', kind: 'text', class: 'propose', max: 100, list: 'yes' },
        { name: 'clearedAt', kind: 'text', class: 'propose', max: 100, format: 'month' },
        { name: 'clearedBy', kind: 'text', class: 'propose', max: 100, list: 'cleared' },
        { name: 'noLabour', kind: 'text', class: 'propose', max: 100, list: 'yes' },
        { name: 'military', kind: 'text', class: 'propose', max: 100, list: 'yes' },
        { name: 'incomeYear', kind: 'int', class: 'propose', max: 2100 },
        { name: 'wage', kind: 'int', class: 'propose', max: 1000000000 },
        { name: 'business', kind: 'int', class: 'propose', max: 1000000000 },
        { name: 'property', kind: 'int', class: 'propose', max: 1000000000 },
        { name: 'transfer', kind: 'int', class: 'propose', max: 1000000000 },
        { name: 'expense', kind: 'int', class: 'propose', max: 1000000000 },
        { name: 'houseArea', kind: 'int', class: 'merge', max: 2000 },
        { name: 'power', kind: 'text', class: 'merge', max: 100, list: 'yes' },
        { name: 'tv', kind: 'text', class: 'merge', max: 100, list: 'yes' },
        { name: 'toilet', kind: 'text', class: 'merge', max: 100, list: 'yes' },
        { name: 'roadDist', kind: 'int', class: 'merge', max: 100000 },
        { name: 'road', kind: 'text', class: 'merge', max: 100, list: 'road' },
        { name: 'fuel', kind: 'text', class: 'merge', max: 100, list: 'fuel' },
        { name: 'farmland', kind: 'int', class: 'merge', max: 10000000 },
        { name: 'forest', kind: 'int', class: 'merge', max: 10000000 },
        { name: 'returned', kind: 'int', class: 'merge', max: 10000000 },
        { name: 'orchard', kind: 'int', class: 'merge', max: 10000000 },
        { name: 'pasture', kind: 'int', class: 'merge', max: 10000000 },
        { name: 'pond', kind: 'int', class: 'merge', max: 10000000 },
      ],
    },
    {
      name: 'member',
      common: false,
      fields: [
        { name: 'code', kind: 'text', class: 'online', max: 32 },
        { name: 'name', kind: 'text', class: 'propose', max: 50, required: true },
        { name: 'sex', kind: 'text', class: 'propose', max: 100, list: 'sex' },
        { name: 'birth', kind: 'text', class: 'propose', max: 100, format: 'month' },
        { name: 'relation', kind: 'text', class: 'propose', max: 12, offer: 'relation', required: true },
        { name: 'ethnic', kind: 'text', class: 'propose', max: 12 },
        { name: 'education', kind: 'text', class: 'propose', max: 100, list: 'education' },
        { name: 'school', kind: 'text', class: 'propose', max: 12, offer: 'school' },
        { name: 'labour', kind: 'text', class: 'propose', max: 100, list: 'labour' },
        { name: 'work', kind: 'text', class: 'merge', max: 100, list: 'work' },
        { name: 'workMonths', kind: 'int', class: 'merge', max: 12 },
        { name: 'health', kind: 'text', class: 'propose', max: 30, offer: 'health' },
        { name: 'insured', kind: 'text', class: 'propose', max: 100, list: 'yes' },
        { name: 'pension', kind: 'text', class: 'propose', max: 100, list: 'yes' },
        { name: 'left', kind: 'text', class: 'propose', max: 30, offer: 'left' },
        { name: 'leftDay', kind: 'text', class: 'propose', max: 100, format: 'day' },
        { name: 'joined', kind: 'text', class: 'propose', max: 30, offer: 'joined' },
        { name: 'joinedDay', kind: 'text', class: 'propose', max: 100, format: 'day' },
        { name: 'service', kind: 'text', class: 'propose', max: 100, list: 'yes' },
        { name: 'staff', kind: 'text', class: 'propose', max: 100, list: 'yes' },
        { name: 'serious', kind: 'text', class: 'propose', max: 100, list: 'yes' },
        { name: 'extra', kind: 'text', class: 'propose', max: 100, list: 'yes' },
        { name: 'post', kind: 'text', class: 'merge', max: 100, list: 'yes' },
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
        { name: 'burden', kind: 'list', class: 'author', max: 3 },
      ],
    },
    {
      name: 'confirmation',
      common: false,
      fields: [
        { name: 'visit', kind: 'text', class: 'author', max: 100, required: true, format: 'id' },
        { name: 'answer', kind: 'text', class: 'author', max: 100, enum: ['没来过', '来过', '有事'], required: true },
        { name: 'text', kind: 'text', class: 'author', max: 300 },
        { name: 'channel', kind: 'text', class: 'server', max: 100, enum: ['own', 'cadre_phone'] },
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
    {
      name: 'setting',
      common: true,
      fields: [
        { name: 'code', kind: 'text', class: 'server', max: 32 },
        { name: 'edition', kind: 'int', class: 'server' },
        { name: 'title', kind: 'text', class: 'server', max: 60 },
        { name: 'sha256', kind: 'text', class: 'server', max: 100, format: 'sha256' },
        { name: 'size', kind: 'int', class: 'server' },
        { name: 'state', kind: 'text', class: 'server', max: 100, enum: ['archived', 'published'] },
      ],
    },
    {
      name: 'notice',
      common: true,
      fields: [
        { name: 'kind', kind: 'text', class: 'server', max: 100, enum: ['通知', '公告', '公示'] },
        { name: 'title', kind: 'text', class: 'server', max: 60 },
        { name: 'text', kind: 'text', class: 'server', max: 2000 },
        { name: 'rows', kind: 'list', class: 'server', max: 800 },
        { name: 'hotline', kind: 'text', class: 'server', max: 20 },
        { name: 'from', kind: 'text', class: 'server', max: 100, format: 'day' },
        { name: 'until', kind: 'text', class: 'server', max: 100, format: 'day' },
        { name: 'state', kind: 'text', class: 'server', max: 100, enum: ['draft', 'published', 'withdrawn', 'expired'] },
      ],
    },
  ],
};
