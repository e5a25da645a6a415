/* A refused edit of the catalogue in one line: where it is, what stands there and what should, in the reader's language. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t } = cc;
  const LONGEST = 48;

  /* What the loader says most often (bootstrap/catalogue/); anything else stands in its own English words. */
  const SAID = [
    [/^figures of .+?: (.+)$/, ([list]) => t("可用的指标（{list}）", { list: cut(list) })],
    [/^(.+?) in '.+'$/s, ([name]) => t("“{name}”", { name })],
    [/^(?:a code of its own|each key once)$/, () => t("各不相同")],
    [/^one of (.+)$/, ([list]) => t("其中之一（{list}）", { list: cut(list) })],
    [/^('.+' or '.+')$/, ([list]) => t("其中之一（{list}）", { list: cut(list) })],
    [/^this field$/, () => t("必填")],
    [/^no field of this name$/, () => t("没有这个字段")],
    [/^nothing$/, () => t("空缺")],
    [/^valid YAML$/, () => t("合法的 YAML")],
    [/^a CEL expression \(column (.*)\)$/s, () => t("合法的 CEL 条件")],
    [/^a valid (?:number|integer).*$/, () => t("数字")],
    [/^a valid string.*$/, () => t("文字")],
    [/^greater than or equal to (.+)$/, ([n]) => t("不小于 {n}", { n })],
    [/^less than or equal to (.+)$/, ([n]) => t("不大于 {n}", { n })],
    [/^greater than (.+)$/, ([n]) => t("大于 {n}", { n })],
    [/^less than (.+)$/, ([n]) => t("小于 {n}", { n })],
    [/^the name of the file, (.+)$/, ([name]) => t("与文件同名：{name}", { name })],
  ];
  const cut = (text) => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
  const plain = (text) => {
    for (const [pattern, words] of SAID) {
      const found = pattern.exec(text);
      if (found) return words(found.slice(1));
    }
    return cut(text);
  };

  /** The first of the problems, and how many more there are; all of it as the loader wrote it in `whole`. */
  cc.refusedWords = ({ problems, count }) => {
    const [{ file, line, where, found, expected }] = problems;
    const place = line ? `${file}:${line}` : file;
    const words = t("目录有误，未生效：{place} {where}：现为 {found}，应为 {expected}", { place, where, found: plain(found), expected: plain(expected) });
    const others = t("（另有 {n} 处）", { n: count - 1 });
    return { text: count > 1 ? `${words} ${others}` : words, whole: `${place}: ${where}: found ${found}, expected ${expected}` };
  };
})();
