;; A listener is asked for a client after it was closed
;; expect: OWN_USE_AFTER_MOVE func=4 offset=0xc1
;; monitor: - a monitored run of one guest alone would wait for a client
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Mail {
;; contract:     in message Post(Text text);
;; contract:     out message Receipt(i32 number);
;; contract:     out message Return(Text text);
;; contract:     state Ready: one { Post? -> Posted; end; }
;; contract:     state Posted: one { Receipt! -> Ready; Return! -> Ready; }
;; contract: }
(module
  (import "singula/Mail" "exp.listen" (func $Mail.exp.listen (param i32 i32) (result externref)))
  (import "singula/Mail" "listener.close" (func $Mail.listener.close (param externref)))
  (import "singula/Mail" "listener.accept" (func $Mail.listener.accept (param externref) (result externref)))
  (import "singula/Mail" "exp.abandon" (func $Mail.exp.abandon (param externref)))
  (memory 1)
  (func (export "main") (local $l externref) (local $x externref)
    (local.set $l (call $Mail.exp.listen (i32.const 0) (i32.const 4)))
    (if (ref.is_null (local.get $l)) (then (return)))
    (call $Mail.listener.close (local.get $l))
    (local.set $x (call $Mail.listener.accept (local.get $l))) ;; <- refused here
    (if (i32.eqz (ref.is_null (local.get $x)))
      (then (call $Mail.exp.abandon (local.get $x)))))
)
