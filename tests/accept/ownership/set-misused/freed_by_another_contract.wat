;; As the refused case of this name, but as what it is
;; expect: OK
;; contract: contract Bell capacity 4 {
;; contract:   in message Ring();
;; contract:   in message Knock();
;; contract:   state Door: one { Ring? -> Door; Knock? -> Door; end; }
;; contract: }
;; contract: contract Walk {
;; contract:   in message Step();
;; contract:   out message Stop();
;; contract:   state Go: one { Step? -> Wait; end; }
;; contract:   state Wait: Stop! -> Go;
;; contract: }
(module
  (import "singula/Bell" "set.exp.Door.new" (func $Bell.set.exp.Door.new (result externref)))
  (import "singula/Bell" "set.exp.Door.free" (func $Bell.set.exp.Door.free (param externref)))
  (memory 1)
  (func (export "main") (local $s externref)
    (local.set $s (call $Bell.set.exp.Door.new))
    (if (ref.is_null (local.get $s)) (then (return)))
    (call $Bell.set.exp.Door.free (local.get $s)))
)
