;; As the refused case of this name, but it is freed
;; expect: OK
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
  (import "singula/Mail" "set.exp.Ready.free" (func $Mail.set.exp.Ready.free (param externref)))
  (memory 1)
  (func (export "main") (local $s externref)
    (local.set $s (call $Mail.set.exp.Ready.new))
    (if (ref.is_null (local.get $s)) (then (return)))
    (call $Mail.set.exp.Ready.free (local.get $s))
  )
)
