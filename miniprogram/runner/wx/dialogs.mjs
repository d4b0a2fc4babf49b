// The platform's dialogs, drawn over the page.

function box(low) {
  const dim = document.createElement('div');
  dim.className = 'over-dim' + (low ? ' low' : '');
  const inner = dim.appendChild(document.createElement('div'));
  inner.className = 'over-box';
  inner.setAttribute('role', 'dialog');
  inner.setAttribute('aria-modal', 'true');
  document.getElementById('over').appendChild(dim);
  return { dim, inner };
}

function button(inner, text, tapped) {
  const b = inner.appendChild(document.createElement('button'));
  b.textContent = text;
  b.addEventListener('click', tapped);
}

export function showModal({ title = '', content = '', showCancel = true, cancelText = '取消', confirmText = '确定' }) {
  return new Promise((resolve) => {
    const { dim, inner } = box(false);
    inner.appendChild(document.createElement('p')).textContent = [title, content].filter(Boolean).join('\n');
    const end = (confirm) => {
      dim.remove();
      resolve({ confirm, cancel: !confirm });
    };
    button(inner, confirmText, () => end(true));
    if (showCancel) {
      button(inner, cancelText, () => end(false));
    }
  });
}

export function showActionSheet({ itemList }) {
  return new Promise((resolve, reject) => {
    const { dim, inner } = box(true);
    const end = (f) => {
      dim.remove();
      f();
    };
    itemList.forEach((text, i) => button(inner, text, () => end(() => resolve({ tapIndex: i }))));
    button(inner, '取消', () => end(() => reject(new Error('cancel'))));
  });
}

export function showToast({ title, duration = 1500 }) {
  const toast = document.createElement('div');
  toast.className = 'over-toast';
  toast.setAttribute('role', 'status');
  toast.textContent = title;
  document.getElementById('over').appendChild(toast);
  setTimeout(() => toast.remove(), duration);
}
