;; A set is made and never freed
;; expect: OWN_LEAK func=1 offset=0x5a
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
  (import "singula/Mail" "set.exp.Ready.new" (func $Mail.set.exp.Ready.new (result externref)))
  (memory 1)
  (func (export "main") (local $s externref)
    (local.set $s (call $Mail.set.exp.Ready.new))
    (if (ref.is_null (local.get $s)) (then (return) )) ;; <- refused here
  )
)
