// Draws the charts of a page from what stands in its elements: the same numbers
// stand in a table below each. Nothing is fetched. Tooltips are drawn into the
// picture, because the page's policy lets no script write styles into it.
'use strict';
(function () {
  const style = getComputedStyle(document.documentElement);
  const colour = function (name) { return style.getPropertyValue('--' + name).trim(); };
  const font = { fontFamily: '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif', color: colour('ink'), fontSize: 13 };
  const line = { lineStyle: { color: colour('line') } };

  function bars(d) {
    const few = d.names.length < 8;
    const many = d.series.length > 1;
    const reached = function (n) { return { value: n, itemStyle: { color: colour(n < d.line ? 'amber' : 'pine') } }; };
    const label = Object.assign({}, font, { show: true, position: 'insideTop', color: colour('card'), fontSize: 11 });
    return {
      legend: many ? { top: 0, textStyle: font } : undefined,
      grid: { left: 8, right: 8, top: many ? 34 : 16, bottom: 4, containLabel: true },
      xAxis: { type: 'category', data: d.names, axisLabel: Object.assign(d.line && !few ? { interval: 0, rotate: 45 } : { hideOverlap: true }, font), axisLine: line, axisTick: { show: false } },
      yAxis: { type: 'value', max: d.max, minInterval: 1, axisLabel: font, splitLine: line },
      series: d.series.map(function (s, i) {
        return { type: 'bar', name: s.name, data: d.line ? s.values.map(reached) : s.values, barMaxWidth: 34, label: few && d.line ? label : undefined, itemStyle: { color: colour(['pine', 'amber', 'slate', 'brick'][i % 4]) } };
      }),
    };
  }

  // Villages as points: longitude to the right, latitude up, on one scale.
  function points(d) {
    const lat = d.points.map(function (p) { return p.lat; });
    const lng = d.points.map(function (p) { return p.lng; });
    const k = Math.cos((Math.max.apply(null, lat) + Math.min.apply(null, lat)) / 2 * Math.PI / 180);
    const half = Math.max(Math.max.apply(null, lat) - Math.min.apply(null, lat), (Math.max.apply(null, lng) - Math.min.apply(null, lng)) * k, 0.01) * 0.65;
    const axis = function (values, by) {
      const mid = (Math.max.apply(null, values) + Math.min.apply(null, values)) / 2;
      return { type: 'value', min: mid - half / by, max: mid + half / by, show: false };
    };
    return {
      grid: { left: 8, right: 72, top: 8, bottom: 8 },
      xAxis: axis(lng, k), yAxis: axis(lat, 1),
      series: [{
        type: 'scatter', symbolSize: 16, itemStyle: { color: colour('pine') },
        label: Object.assign({ show: true, position: 'right', formatter: '{b}' }, font),
        data: d.points.map(function (p) { return { name: p.name, value: [p.lng, p.lat], url: p.url }; }),
      }],
    };
  }

  document.querySelectorAll('[data-chart]').forEach(function (box) {
    const d = JSON.parse(box.dataset.chart);
    const option = d.points ? points(d) : bars(d);
    option.animation = false;
    option.textStyle = font;
    option.tooltip = { trigger: d.points ? 'item' : 'axis', renderMode: 'richText', formatter: d.points ? '{b}' : undefined };
    const chart = window.echarts.init(box);
    chart.setOption(option);
    chart.on('click', function (e) {
      const to = (e.data && e.data.url) || (d.urls && d.urls[e.dataIndex]);
      if (to) location.assign(to);
    });
    window.addEventListener('resize', function () { chart.resize(); });
  });
})();
