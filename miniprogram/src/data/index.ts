// What pages may call. Nothing else of src is theirs.
//
//   const phone = await Phone.open(platform, server)      once, in app.ts
//   phone.subscribe(fn)                                   after every change; returns the end of it
//   phone.desk()                                          undefined = show the log-in page
//   phone.loginWeChat(code?) loginCard loginPassword switchTo logout list
//
// Of a desk, computed from the phone's own store at once:
//   light() firstSync() todayView() households(query, village) household(id) outbox()
//   cards() cardText(card) notices() quizzes() handovers() conflicts() docs.*
// What it does; each resolves when the phone has it and rejects with a sentence to show (error.message):
//   visits.open correct checkIn takePhoto ask save drop confirm; edit add pick retry
//   drafts.put(draft) at every keystroke; drafts.failed is shown when not ""
//   driver.pull() on pull-down; api.* for what needs the network
//   core.resend(n, fix) core.dismiss(n) core.departedSeen(household)

export { Reminder, Role } from '../api/shapes';
export { Account as Login } from './accounts';
export { needsBinding, Phone } from './phone';
export { Desk, ReturnedRow, Today, fill } from './desk';
export { ConflictView } from './conflict';
export { NewerStore } from './disk';
export { Draft } from './drafts';
export { FirstSync } from './first';
export { HouseholdView, MemberView, MeasureAct, MeasureView, NeedView, VisitView, Weak } from './household';
export { Light } from './light';
export { Decided, Decision, Queue, Reviewed } from '../api/shapes';
export { dayOf, dayWords, momentWords } from './day';
export { QUEUES, queuePage, ReviewKind, ReviewRow, settle } from './review';
export { CallerView, HelperView, HelpView, SaidView, SayDraft } from './own';
export { OutboxPart, OutboxRow } from './outbox';
export { HouseRow } from './today';
export { DraftNeed, DraftPhoto, DraftQuiz, QUICK_PHRASES, touched, VisitDraft, withPhrase } from './visit';
export { Chip, chip, Clock, fieldWord, moneyWords, Tone } from './words';
export { answered, asking, Asking, Question, withAnswers } from './quiz';
export { asks, changed, ChangeDraft, changeFields, FieldView, unfit } from './change';
export { MEASURE_KINDS, measurePatch, moneyLine, movePatch } from './measure';
export { Patch } from '../sync/types';
export { Block, blocks } from './markdown';
export { CLIP_MS, SoundView } from './clips';
export { loadAll, RoadLine, roadLines } from './road';
