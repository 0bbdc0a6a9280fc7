"""The host's mix-in: its constructor takes no arguments; its loop is not for the plug-in, which brings its own."""


class Incremental_Training_Early_Stopping:
    def __init__(self):
        super().__init__()
        self._earlystopping_validation_summary_df = None

    def get_early_stopping_final_epochs_dict(self):
        return {"epochs": self.epochs_best}

    def get_validation_summary_table(self):
        table = self._earlystopping_validation_summary_df
        return None if table is None else table.copy()

    def _train_with_early_stopping(self, epochs_max, **kwargs):
        raise AssertionError("the plug-in must run its own training loop")
