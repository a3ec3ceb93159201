/* The contract of keep.wat. */
#ifndef TESTS_STRESS_KEEP_H
#define TESTS_STRESS_KEEP_H

static const char keep_contract[] = "block Tree { key: i64; left: Tree; right: Tree; }\n"
                                    "slots frozen Tree[5];\n"
                                    "contract Paper {\n"
                                    "  in message Print(frozen Tree tree, i64 key);\n"
                                    "  out message Printed(i64 key);\n"
                                    "  state Idle: one { Print? -> Busy; end; }\n"
                                    "  state Busy: Printed! -> Idle;\n"
                                    "}\n";

#endif
