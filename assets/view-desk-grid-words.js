/* The grid's own words in both languages. One that is missing is said in the console, which the tests keep quiet. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t } = cc;
  const WORDS = {
    blank: t("为空"), notBlank: t("不为空"), equals: t("等于"), notEqual: t("不等于"), contains: t("包含"), notContains: t("不包含"), startsWith: t("开头是"), endsWith: t("结尾是"),
    lessThan: t("小于"), greaterThan: t("大于"), lessThanOrEqual: t("小于或等于"), greaterThanOrEqual: t("大于或等于"), inRange: t("介于"), inRangeStart: t("从"), inRangeEnd: t("到"),
    andCondition: t("并且"), orCondition: t("或者"), filterOoo: t("筛选…"), empty: t("选一种"), applyFilter: t("应用"), resetFilter: t("重置"), clearFilter: t("清除"), cancelFilter: t("取消"),
    textFilter: t("文字筛选"), numberFilter: t("数字筛选"), noRowsToShow: t("没有可显示的行"), noMatchingRows: t("没有符合条件的行"), loadingOoo: t("载入中…"), searchOoo: t("查找…"), selectAll: t("全选"),
    pinColumn: t("固定列"), pinLeft: t("固定在左"), pinRight: t("固定在右"), noPin: t("不固定"), autosizeThisColumn: t("本列自适应宽度"), autosizeAllColumns: t("所有列自适应宽度"), resetColumns: t("恢复各列"),
    sortAscending: t("升序"), sortDescending: t("降序"), sortUnSort: t("取消排序"), columnFilter: t("列筛选"), ariaFilterFromValue: t("从此值起"), ariaFilterToValue: t("到此值止"), ariaFilterValue: t("筛选值"),
    ariaFilteringOperator: t("筛选方式"), ariaFilterColumn: t("按 Ctrl Enter 打开筛选"), ariaFilterInput: t("筛选输入"), ariaSortableColumn: t("按 Enter 排序"), ariaFilterMenuOpen: t("打开筛选菜单"),
    ariaRowSelect: t("按空格选中此行"), ariaRowDeselect: t("按空格取消选中此行"), ariaRowToggleSelection: t("按空格切换此行的选中"), ariaRowSelectAll: t("按空格切换全部行的选中"), ariaColumnSelectAll: t("按空格切换全部列的选中"),
    ariaToggleCellValue: t("按空格切换"), ariaChecked: t("已选中"), ariaUnchecked: t("未选中"), ariaIndeterminate: t("部分选中"), ariaInputEditor: t("输入框"), ariaHeaderSelection: t("带选择的列头"), ariaRowSelectionDisabled: t("此行不可选"),
    ariaLabelColumnMenu: t("列菜单"), ariaLabelColumnFilter: t("列筛选"), ariaLabelSelectField: t("选择"), ariaLabelDialog: t("对话框"), ariaLabelLoading: t("载入中…"), ariaLabelSubMenu: t("子菜单"), ariaLabelTooltip: t("说明"), ariaLabelCellEditor: t("单元格输入"), ariaLabelContextMenu: t("菜单"), ariaMenuColumn: t("按 Alt 向下键打开列菜单"),
    ariaHidden: t("隐藏"), ariaVisible: t("显示"), ariaSearch: t("查找"), ariaSkeletonCellLoading: t("此行载入中"), ariaSkeletonCellLoadingFailed: t("此行没有载入"), pageSizeSelectorLabel: t("每页行数"), ariaPageSizeSelectorLabel: t("每页行数"), page: t("页"), to: t("到"), of: t("共"), more: t("更多"), firstPage: t("首页"), previousPage: t("上一页"), nextPage: t("下一页"), lastPage: t("末页"),
    thousandSeparator: ",", decimalSeparator: ".",
  };

  cc.gridWords = ({ key, defaultValue, variableValues }) => {
    const words = WORDS[key];
    if (words === undefined) {
      console.warn(`the grid says ${key} = ${defaultValue}: found no word for it in assets/view-desk-grid-words.js`);
      return defaultValue;
    }
    return (variableValues || []).length ? `${words} ${variableValues.join(" ")}` : words;
  };
})();
