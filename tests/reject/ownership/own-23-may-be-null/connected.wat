;; An end got by connecting is used untested
;; expect: OWN_MAYBE_NULL func=2 offset=0x75
;; monitor: MON_NULL
;; contract: contract Bell capacity 4 {
;; contract:   in message Ring();
;; contract:   in message Knock();
;; contract:   state Door: one { Ring? -> Door; Knock? -> Door; end; }
;; contract: }
(module
  (import "singula/Bell" "imp.connect" (func $Bell.imp.connect (param i32 i32) (result externref)))
  (import "singula/Bell" "imp.abandon" (func $Bell.imp.abandon (param externref)))
  (memory 1)
  (data (i32.const 0) "bell")
  (func (export "main") (local $c externref)
    (local.set $c (call $Bell.imp.connect (i32.const 0) (i32.const 4)))
    (call $Bell.imp.abandon (local.get $c))) ;; <- refused here
)
