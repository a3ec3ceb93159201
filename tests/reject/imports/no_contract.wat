;; The module carries no contract at all
;; expect: STR_UNKNOWN_IMPORT func=1 offset=0x1e
(module
  (import "env" "f" (func))
  (import "singula/Frame" "alloc" (func (param i32) (result externref))))
