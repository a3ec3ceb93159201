;; As the refused case of this name, but as what it is
;; expect: OK
;; contract: contract Last {
;; contract:   in message Go();
;; contract:   state Start: Go? -> Over;
;; contract:   state Over: one { end; }
;; contract: }
(module
  (import "singula/Last" "set.exp.Over.new" (func $Last.set.exp.Over.new (result externref)))
  (import "singula/Last" "set.exp.Over.free" (func $Last.set.exp.Over.free (param externref)))
  (memory 1)
  (func (export "main") (local $s externref)
    (local.set $s (call $Last.set.exp.Over.new))
    (if (ref.is_null (local.get $s)) (then (return)))
    (call $Last.set.exp.Over.free (local.get $s)))
)
