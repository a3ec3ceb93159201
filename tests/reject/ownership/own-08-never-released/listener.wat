;; A listener is never closed
;; expect: OWN_LEAK func=1 offset=0x59
;; monitor: MON_LEAK
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
  (memory 1)
  (func (export "main") (local $l externref)
    (local.set $l (call $Mail.exp.listen (i32.const 0) (i32.const 4)))
    (if (ref.is_null (local.get $l)) (then (return) )) ;; <- refused here
  )
)
