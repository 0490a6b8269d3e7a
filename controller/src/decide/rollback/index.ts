export { branchWords, metricName, treeOf, treeOfWave, triggerSentence } from "./tree.ts";
